import { type ByteReader, bigSize, type Codec, Refusal } from '../base/codec.ts';

/**
 * The TLV stream (BOLT 1) that ends every message: types strictly increasing; unknown odd ones are passed
 * over, unknown even ones refuse the message.
 */
export const tlvStream: Codec<undefined> = {
  write: () => {},
  read: (reader) => {
    readTlvs(reader);
    return undefined;
  },
};

/** The records of a TLV stream up to the end, by type. No even type is known. Throws `Refusal`. */
export function readTlvs(reader: ByteReader): ReadonlyMap<bigint, Uint8Array> {
  const records = new Map<bigint, Uint8Array>();
  let previous = -1n;
  while (reader.left > 0) {
    const type = bigSize.read(reader);
    if (type <= previous) throw new Refusal(`TLV ${type} after ${previous}`);
    if (type % 2n === 0n) throw new Refusal(`unknown even TLV ${type}`);
    previous = type;
    const length = bigSize.read(reader);
    if (length > BigInt(reader.left)) throw new Refusal(`TLV ${type} of ${length} bytes`);
    records.set(type, reader.take(Number(length)));
  }
  return records;
}
