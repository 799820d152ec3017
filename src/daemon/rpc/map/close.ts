import type { ClosePreview } from '../../../node/closePreview.ts';
import type { MethodResult } from '../../../rpc/methods.ts';

/** What closing now would pay, as it is sent. */
export function closePreviewOf({ cooperative, unilateral }: ClosePreview): MethodResult<'previewClose'> {
  return {
    cooperative:
      cooperative === null
        ? null
        : {
            feeSat: `${cooperative.feeSat}`,
            consumerSat: `${cooperative.paidSat.consumer}`,
            producerSat: `${cooperative.paidSat.producer}`,
            utilitySat: `${cooperative.paidSat.utility}`,
            undecidedSat: `${cooperative.undecidedSat}`,
          },
    unilateral:
      unilateral === null
        ? null
        : {
            n: `${unilateral.n}`,
            broadcaster: unilateral.broadcaster,
            feeSat: `${unilateral.feeSat}`,
            outputs: unilateral.outputs.map(({ role, what, amountSat, delayBlocks, fromHeight }) => ({
              ...{ role, what, delayBlocks, fromHeight },
              amountSat: `${amountSat}`,
            })),
          },
  };
}
