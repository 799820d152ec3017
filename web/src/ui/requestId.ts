/** A name for a request that moves money: asked again after a lost answer, the node does it once. */
export function newRequestId(): string {
  return crypto.randomUUID();
}
