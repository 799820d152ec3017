import type { CommitmentOutput } from '../../src/tx/commitment.ts';
import type { Spend } from '../../src/tx/spending.ts';

/** Every way to take an output of a commitment but the anchor's. `preimage` is that of the output's delivery, if it is one. */
export function spendsOf(output: CommitmentOutput, preimage: Uint8Array): readonly Spend[] {
  if (output.kind === 'anchor') return [];
  const { spec } = output;
  switch (spec.type) {
    case 'toBroadcaster':
      return [
        { path: 'delayed', spec },
        { path: 'revocation', spec },
      ];
    case 'toCounterparty':
    case 'toUtility':
      return [{ path: 'payment', spec }];
    case 'sellerDelivery':
      return [
        { path: 'preimage', spec, preimage },
        { path: 'expiry', spec },
        { path: 'revocation', spec },
      ];
    case 'buyerDelivery':
      return [
        { path: 'preimage', spec, preimage },
        { path: 'expiry', spec },
      ];
    case 'funding':
      return [];
  }
}
