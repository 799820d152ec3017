import { traderSigner } from '../src/channel/step.ts';
import { type Trader, type Tx, tinySecp256k1 } from '../src/index.ts';
import { signerFor } from '../src/node/signers.ts';
import { StoryFailed } from './failed.ts';
import type { Stage } from './stage.ts';

/**
 * What a cheat keeps for later: the transaction that pays out the channel's state of this moment, signed by both. It
 * stays valid for Bitcoin when the two have long agreed on another state; the library would never send it then.
 */
export function keptCommitment({ channel, nodes }: Stage, cheat: Trader): Tx {
  const { key, state } = channel(cheat);
  if (state.type !== 'open') throw new StoryFailed(`the ${cheat}’s channel is not open`);
  const { identity, rounds } = state;
  const keys = nodes[cheat].wallet.keys;
  const signer = traderSigner({ signer: signerFor(tinySecp256k1, keys, cheat, Number(key)) });
  return signer.completeCommitment(identity.contract, rounds.held.ledger, rounds.held.remoteSignature);
}
