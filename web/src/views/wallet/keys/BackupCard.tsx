import { useSignal } from '@preact/signals';
import { fromHex } from '../../../../../src/base/bytes.ts';
import { Button } from '../../../ui/Button.tsx';
import { Card } from '../../../ui/Card.tsx';
import { download } from '../../../ui/download.ts';
import { Failure, Notice } from '../../../ui/Notice.tsx';
import { useAction } from '../../../ui/useAction.ts';
import type { ViewProps } from '../../table.ts';

/** The file that channels are found with again. */
export function BackupCard({ node }: ViewProps) {
  const saved = useSignal<number | null>(null);
  const save = useAction(async () => {
    const { backup, channels } = await node.call('exportBackup', {});
    download(`wattlane-${node.role}-channels.backup`, Uint8Array.from(fromHex(backup)));
    saved.value = channels.length;
  });
  return (
    <Card title="Channel backup">
      <p>
        The 24 words bring back the coins on the chain. Coins in channels need this file as well: it says
        where the channels are. It is sealed, and of no use without the words.
      </p>
      <p class="hint">Make a new one after each opening, and keep it on another disk.</p>
      <Button busy={save.busy} onClick={() => void save.run()}>
        Download the backup
      </Button>
      {saved.value !== null && (
        <Notice tone="good">
          <p>
            {saved.value === 0
              ? 'Saved. There is no channel yet.'
              : `Saved, with ${saved.value === 1 ? 'one channel' : `${saved.value} channels`}.`}
          </p>
        </Notice>
      )}
      <Failure problem={save.problem} />
    </Card>
  );
}
