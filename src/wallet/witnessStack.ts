/** A witness as PSBTs write it (BIP174): count, then each item with its length. `undefined` for bytes that are none. */
export function decodeWitness(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  let offset = 0;
  const readSize = (): number => {
    const first = bytes[offset++];
    if (first === undefined || first > 0xfd) return Number.NaN;
    if (first < 0xfd) return first;
    const [low, high] = [bytes[offset++], bytes[offset++]];
    return low === undefined || high === undefined ? Number.NaN : low + 256 * high;
  };
  const count = readSize();
  const witness: Uint8Array[] = [];
  while (witness.length < count) {
    const length = readSize();
    if (Number.isNaN(length) || offset + length > bytes.length) return undefined;
    witness.push(bytes.slice(offset, offset + length));
    offset += length;
  }
  return Number.isNaN(count) || offset !== bytes.length ? undefined : witness;
}
