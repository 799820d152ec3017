import { useSignal } from '@preact/signals';
import type { MethodResult } from '../../../../../src/client/index.ts';
import { Button } from '../../../ui/Button.tsx';
import { Card } from '../../../ui/Card.tsx';
import { Copy } from '../../../ui/Copy.tsx';
import { download } from '../../../ui/download.ts';
import { Failure, Notice } from '../../../ui/Notice.tsx';
import { useAction } from '../../../ui/useAction.ts';
import type { ViewProps } from '../../table.ts';

type Descriptor = MethodResult<'exportDescriptors'>['descriptors'][number];

const NAMES: Readonly<Record<Descriptor['scheme'], string>> = { bip84: 'Segwit', bip86: 'Taproot' };
const BRANCHES: Readonly<Record<Descriptor['branch'], string>> = {
  receive: 'addresses to be paid at',
  change: 'change',
};

/** What another wallet needs to watch this one, and the labels that go with it. */
export function DescriptorsCard({ node }: ViewProps) {
  const shown = useSignal<readonly Descriptor[] | null>(null);
  const show = useAction(async () => {
    shown.value = (await node.call('exportDescriptors', {})).descriptors;
  });
  const labels = useAction(async () => {
    const exported = await node.call('exportLabels', {});
    download(`wattlane-${node.role}-labels.jsonl`, exported.labels, 'application/jsonl');
  });
  return (
    <Card title="Watch from another wallet">
      <p>
        Descriptors let another wallet, for example Bitcoin Core, find every coin of this one. It can spend
        none of them.
      </p>
      <Notice tone="warn">
        <p>Whoever has them sees every payment of this wallet, past and to come.</p>
      </Notice>
      {shown.value === null ? (
        <div class="buttons">
          <Button busy={show.busy} onClick={() => void show.run()}>
            Show the descriptors
          </Button>
          <Button kind="quiet" busy={labels.busy} onClick={() => void labels.run()}>
            Download the labels (BIP329)
          </Button>
        </div>
      ) : (
        <>
          {shown.value.map(({ scheme, branch, descriptor }) => (
            <div key={descriptor}>
              <h3>
                {NAMES[scheme]}: {BRANCHES[branch]}
              </h3>
              <p class="copied-text">
                <code data-figure="descriptor">{descriptor}</code>
                <Copy text={descriptor} what={`the descriptor of ${NAMES[scheme]}, ${BRANCHES[branch]}`} />
              </p>
            </div>
          ))}
          <div class="buttons">
            <Button
              onClick={() =>
                download(
                  `wattlane-${node.role}-descriptors.txt`,
                  `${(shown.value ?? []).map(({ descriptor }) => descriptor).join('\n')}\n`,
                  'text/plain',
                )
              }
            >
              Download them
            </Button>
            <Button
              onClick={() => {
                shown.value = null;
              }}
            >
              Hide them
            </Button>
          </div>
        </>
      )}
      <Failure problem={show.problem ?? labels.problem} />
    </Card>
  );
}
