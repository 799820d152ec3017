import { bigSize, type Codec, Refusal } from '../base/codec.ts';

/**
 * The TLV stream (BOLT 1) that ends every message: types strictly increasing; unknown odd ones are passed
 * over, unknown even ones refuse the message. No message has a known one yet.
 */
export const tlvStream: Codec<undefined> = {
  write: () => {},
  read: (reader) => {
    let previous = -1n;
    while (reader.left > 0) {
      const type = bigSize.read(reader);
      if (type <= previous) throw new Refusal(`TLV ${type} after ${previous}`);
      if (type % 2n === 0n) throw new Refusal(`unknown even TLV ${type}`);
      previous = type;
      const length = bigSize.read(reader);
      if (length > BigInt(reader.left)) throw new Refusal(`TLV ${type} of ${length} bytes`);
      reader.take(Number(length));
    }
    return undefined;
  },
};
