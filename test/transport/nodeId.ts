/** The id of a node in these tests: the form of a compressed public key, the number in its last byte. */
export function nodeId(index: number): Uint8Array {
  const id = new Uint8Array(33);
  id[0] = 2;
  id[32] = index;
  return id;
}
