import { useState } from 'preact/hooks';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { SectionLink } from '../../ui/SectionLink.tsx';
import { useAction } from '../../ui/useAction.ts';
import type { AskProps } from './ActionsCard.tsx';

/** Publishes the own newest commitment: the way out that needs nobody. */
export function ForceCloseDialog({ node, channel, open, onClose }: AskProps) {
  const [sure, setSure] = useState(false);
  const { params, balances } = channel;
  const delay = node.role === 'producer' ? params?.producerToSelfDelay : params?.consumerToSelfDelay;
  const leave = () => {
    setSure(false);
    onClose();
  };
  const force = useAction(async () => {
    await node.call('forceClose', { channel: channel.channel });
    node.refresh();
    leave();
  });
  return (
    <Dialog title="Close alone" open={open} onClose={leave}>
      <p>
        Your node publishes its newest commitment{balances === null ? '' : `, number ${balances.n}`}. It needs
        nobody for that, and nobody can stop it.
      </p>
      <ul>
        <li>
          Your own coins wait {delay ?? 'some'} blocks. In that time the other side could take them if this
          were an old state; yours is the newest, so it cannot.
        </li>
        <li>The others have theirs one block after the commitment.</li>
        <li>
          What is in flight is decided on the chain: with the utility’s secret it is the seller’s, after its
          expiry the utility’s.
        </li>
        <li>It cannot be taken back, and the channel trades no more.</li>
      </ul>
      <p class="hint">
        If the other side answers, close together: at once, and cheaper. <SectionLink section="commitment" />
      </p>
      <label class="check">
        <input type="checkbox" checked={sure} onChange={(event) => setSure(event.currentTarget.checked)} />I
        want to end this channel without the other side.
      </label>
      <Failure problem={force.problem} />
      <div class="buttons dialog-buttons">
        <Button kind="danger" disabled={!sure} busy={force.busy} onClick={() => void force.run()}>
          Close alone
        </Button>
        <Button onClick={leave}>Keep it open</Button>
      </div>
    </Dialog>
  );
}
