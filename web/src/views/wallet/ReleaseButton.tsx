import { Button } from '../../ui/Button.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { useAction } from '../../ui/useAction.ts';
import type { ViewProps } from '../table.ts';

/** Frees the coins of a PSBT that will not be sent. */
export function ReleaseButton({ node, purpose }: ViewProps & { readonly purpose: string }) {
  const release = useAction(async () => {
    await node.call('releaseCoins', { purpose });
    node.refresh();
  });
  return (
    <>
      <Button
        kind="quiet"
        busy={release.busy}
        label={`Free the coins of ${purpose}`}
        onClick={() => void release.run()}
      >
        Free these coins
      </Button>
      <Failure problem={release.problem} />
    </>
  );
}
