import { useSignal } from '@preact/signals';
import { laboratory, stage } from '../../../lab/laboratory.ts';
import { restoreProblem } from '../../../text/walletProblems.ts';
import { Button } from '../../../ui/Button.tsx';
import { Card } from '../../../ui/Card.tsx';
import { Copy } from '../../../ui/Copy.tsx';
import { Form } from '../../../ui/Form.tsx';
import { Input } from '../../../ui/Input.tsx';
import { Notice } from '../../../ui/Notice.tsx';
import { useAction } from '../../../ui/useAction.ts';
import type { ViewProps } from '../../table.ts';

/** A wallet from its words. Where there is no laboratory a node is made on its machine, not from a page. */
export function RestoreCard({ node }: ViewProps) {
  return (
    <Card title="Restore from words">
      <p>What comes back:</p>
      <ul class="wallet-list">
        <li>with the words alone, every coin on the chain, and the name that others know this node by;</li>
        <li>
          with the channel backup as well, the channels: their other traders close them, and your part is paid
          to you on the chain;
        </li>
        <li>labels and the history of trades do not come back.</li>
      </ul>
      {laboratory.value === null ? <RestoreCommand node={node} /> : <RestoreHere node={node} />}
    </Card>
  );
}

function RestoreCommand({ node }: ViewProps) {
  const command = `wattlane --data-dir NEW-DIRECTORY restore --role ${node.role} --backup CHANNELS.backup`;
  return (
    <>
      <p>
        Words are typed where the node runs, never into a page. On that machine, into a directory that is new:
      </p>
      <p class="copied-text">
        <code data-figure="command">{command}</code>
        <Copy text={command} what="the command" />
      </p>
      <p class="hint">
        It asks for the words and for a new passphrase. Without a backup leave out <code>--backup</code>.
      </p>
    </>
  );
}

const LENGTHS: ReadonlySet<number> = new Set([12, 24]);

/** In the demo the words of play money may be typed here. */
function RestoreHere({ node }: ViewProps) {
  const words = useSignal('');
  const passphrase = useSignal(stage.value?.passphrase ?? '');
  const submitted = useSignal(false);
  const restored = useSignal<{ readonly backup: boolean } | null>(null);
  const restore = useAction(async (typed: string) => {
    const { value: lab } = laboratory;
    if (lab === null) return;
    restored.value = await lab.call('restore', {
      role: node.role,
      words: typed,
      passphrase: passphrase.value,
    });
    words.value = '';
    submitted.value = false;
  }, restoreProblem);
  const typed = words.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const wordsError = submitted.value && !LENGTHS.has(typed.length) ? countText(typed.length) : null;
  const passphraseError = submitted.value && passphrase.value === '' ? 'Choose one.' : null;
  return (
    <Form
      onSubmit={() => {
        submitted.value = true;
        restored.value = null;
        if (LENGTHS.has(typed.length) && passphrase.value !== '') void restore.run(typed.join(' '));
      }}
    >
      <Notice tone="warn">
        <p>
          In this demo, here and now: the {node.role} becomes the party of these words. What it has now stays
          with its old words, so write those down first.
        </p>
        <p class="way-out">With real coins, never type your words into a page.</p>
      </Notice>
      <Input
        label="Words"
        hint="24, or 12, in their order."
        rows={3}
        value={words.value}
        onInput={(text) => {
          words.value = text;
          restore.forget();
        }}
        error={wordsError ?? restore.problem}
      />
      <Input
        label="New passphrase"
        hint="Seals the words on the disk."
        type="password"
        value={passphrase.value}
        onInput={(text) => {
          passphrase.value = text;
        }}
        error={passphraseError}
      />
      <Button kind="danger" submit busy={restore.busy}>
        Restore the {node.role}
      </Button>
      {restored.value !== null && (
        <Notice tone="good">
          <p>
            The {node.role} is back,{' '}
            {restored.value.backup ? 'with its channels' : 'with its coins on the chain'}.
          </p>
        </Notice>
      )}
    </Form>
  );
}

function countText(count: number): string {
  return count === 0
    ? 'Type the words.'
    : `These are ${count === 1 ? 'one word' : `${count} words`}. A seed has 24, or 12.`;
}
