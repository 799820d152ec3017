import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { stage } from '../../../lab/laboratory.ts';
import { Button } from '../../../ui/Button.tsx';
import { Card } from '../../../ui/Card.tsx';
import { Form } from '../../../ui/Form.tsx';
import { Input } from '../../../ui/Input.tsx';
import { Notice } from '../../../ui/Notice.tsx';
import { useAction } from '../../../ui/useAction.ts';
import type { ViewProps } from '../../table.ts';
import { askedPositions } from '../model/seedTest.ts';
import { type AskedWord, SeedTest } from './SeedTest.tsx';

/** How many words are asked for. */
const ASKED = 3;

type Shown =
  | { readonly type: 'nothing' }
  | { readonly type: 'words'; readonly words: readonly string[] }
  /** Of the words those that are asked for, and no other. */
  | { readonly type: 'test'; readonly asked: readonly AskedWord[] }
  | { readonly type: 'passed' };

const NOTHING: Shown = { type: 'nothing' };

/** The words of the seed, after the passphrase and for as long as one looks at them. */
export function SeedCard({ node }: ViewProps) {
  const shown = useSignal<Shown>(NOTHING);
  const passphrase = useSignal('');
  const submitted = useSignal(false);
  const show = useAction(async () => {
    const { words } = await node.call('showSeed', { passphrase: passphrase.value });
    passphrase.value = '';
    submitted.value = false;
    // whoever turned away meanwhile does not see them
    if (document.visibilityState === 'visible') shown.value = { type: 'words', words };
  });
  useEffect(() => {
    const forget = () => {
      if (document.visibilityState === 'visible') return;
      shown.value = NOTHING;
      passphrase.value = '';
    };
    document.addEventListener('visibilitychange', forget);
    return () => {
      document.removeEventListener('visibilitychange', forget);
      shown.value = NOTHING;
      passphrase.value = '';
    };
  }, []);
  const { value: state } = shown;
  return (
    <Card title="Seed">
      {(state.type === 'nothing' || state.type === 'passed') && (
        <Form
          onSubmit={() => {
            submitted.value = true;
            if (passphrase.value !== '') void show.run();
          }}
        >
          {state.type === 'passed' && (
            <Notice tone="good">
              <p>All right: what you wrote down is this seed. Keep it where only you find it.</p>
            </Notice>
          )}
          <p>
            24 words bring this wallet back on any machine. Write them on paper, in their order. Whoever reads
            them has the coins.
          </p>
          <Input
            label="Passphrase"
            hint={passphraseHint()}
            type="password"
            value={passphrase.value}
            onInput={(text) => {
              passphrase.value = text;
              show.forget();
            }}
            error={submitted.value && passphrase.value === '' ? 'Type the passphrase.' : show.problem}
          />
          <Button kind="primary" submit busy={show.busy}>
            Show the words
          </Button>
        </Form>
      )}
      {state.type === 'words' && (
        <>
          <Notice tone="warn">
            <p>See that nobody looks over your shoulder, and take no picture of them.</p>
          </Notice>
          <ol class="words" aria-label="The words of the seed">
            {state.words.map((word, index) => (
              <li key={`${index} ${word}`}>{word}</li>
            ))}
          </ol>
          <div class="buttons">
            <Button
              kind="primary"
              onClick={() => {
                shown.value = { type: 'test', asked: drawn(state.words) };
              }}
            >
              I wrote them down: test me
            </Button>
            <Button
              onClick={() => {
                shown.value = NOTHING;
              }}
            >
              Hide them
            </Button>
          </div>
        </>
      )}
      {state.type === 'test' && (
        <SeedTest
          asked={state.asked}
          onPassed={() => {
            shown.value = { type: 'passed' };
          }}
          onLeave={() => {
            shown.value = NOTHING;
          }}
        />
      )}
    </Card>
  );
}

function passphraseHint(): string {
  const demo = stage.value?.passphrase;
  return demo === undefined
    ? 'The one that seals the seed on the disk of the node.'
    : `In this demo it is: ${demo}`;
}

function drawn(words: readonly string[]): readonly AskedWord[] {
  const random = [...crypto.getRandomValues(new Uint32Array(ASKED))];
  return askedPositions(words.length, random).map((position) => ({
    position,
    word: words[position - 1] as string,
  }));
}
