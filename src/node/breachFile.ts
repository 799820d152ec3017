import { equalBytes } from '../base/bytes.ts';
import type { ChannelRecord } from '../channel/action.ts';
import type { Ending } from '../channel/register.ts';
import { deliveryLock } from '../crypto/deliveryLock.ts';
import { DELIVERY_STATEMENT } from '../market/deliveryStatement.ts';
import { decodeSigned } from '../market/statement.ts';
import type { Balances, Delivery } from '../tx/contract.ts';
import type { StateProof } from '../tx/stateProof.ts';

/** What a channel's records say of the revoked states of one number, and of the units that were in flight in them. */
export interface BreachFile {
  readonly n: bigint;
  /** A trader's: more than one when proposals of that number were taken back. */
  readonly states: readonly Balances[];
  /** The utility's: of one trader or of both. */
  readonly proofs: readonly StateProof[];
  readonly preimages: readonly { readonly lock: Uint8Array; readonly preimage: Uint8Array }[];
  /** Units that the utility said were delivered, or not. */
  readonly said: readonly { readonly unit: bigint; readonly verdict: 'delivered' | 'notDelivered' }[];
  readonly ended: readonly { readonly unit: bigint; readonly how: Ending }[];
}

/** Before any record was read. */
export function emptyFile(n: bigint): BreachFile {
  return { n, states: [], proofs: [], preimages: [], said: [], ended: [] };
}

/** Deliveries in flight in the states of this number. */
export function deliveriesIn({ states, proofs }: Pick<BreachFile, 'states' | 'proofs'>): readonly Delivery[] {
  const all = [...states, ...proofs.map(({ ledger }) => ledger)].flatMap(({ deliveries }) => deliveries);
  return all.filter(({ unit }, i) => all.findIndex((each) => each.unit === unit) === i);
}

/** The file with a record of a state of its number; other records change nothing. */
export function withState(file: BreachFile, record: ChannelRecord): BreachFile {
  if (record.type === 'revoked' && record.n === file.n) return { ...file, states: [...file.states, record] };
  if (record.type === 'proved' && record.proof.ledger.n === file.n) return withProof(file, record.proof);
  return file;
}

/** The file with a state that a trader proved, unless it has that one. */
export function withProof(file: BreachFile, proof: StateProof): BreachFile {
  if (file.proofs.some(({ broadcaster }) => broadcaster === proof.broadcaster)) return file;
  return { ...file, proofs: [...file.proofs, proof] };
}

/** The file with what a record says of `deliveries`. */
export function withWord(
  file: BreachFile,
  deliveries: readonly Delivery[],
  record: ChannelRecord,
): BreachFile {
  if (!('unit' in record)) return file;
  const delivery = deliveries.find(({ unit }) => unit === record.unit);
  if (delivery === undefined) return file;
  const { unit, lock } = delivery;
  switch (record.type) {
    case 'ended':
      return { ...file, ended: [...file.ended, { unit, how: record.how }] };
    case 'preimage':
      return withPreimage(file, lock, record.preimage);
    case 'statement': {
      const statement = decodeSigned(DELIVERY_STATEMENT, record.signed);
      if (!statement.ok) return file;
      const { body } = statement.value;
      const said = { ...file, said: [...file.said, { unit, verdict: body.verdict }] };
      return body.verdict === 'delivered' ? withPreimage(said, lock, body.preimage) : said;
    }
  }
}

function withPreimage(file: BreachFile, lock: Uint8Array, preimage: Uint8Array): BreachFile {
  if (!equalBytes(deliveryLock(preimage), lock)) return file;
  return { ...file, preimages: [...file.preimages, { lock, preimage }] };
}
