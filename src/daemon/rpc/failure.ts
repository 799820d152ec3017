import { ChainError } from '../../chain/port.ts';
import { type ErrorName, type ErrorValues, errorObject, type RpcErrorObject } from '../../rpc/errors.ts';
import { StoreError } from '../../store/port.ts';

/** A call ends with an error of the table, or of another server's table of the same form. */
export class RpcFailure extends Error {
  override readonly name = 'RpcFailure';
  readonly object: RpcErrorObject<string>;

  constructor(object: RpcErrorObject<string>) {
    super(object.message);
    this.object = object;
  }
}

export function failure<N extends ErrorName>(name: N, data: ErrorValues<N>): RpcFailure {
  return new RpcFailure(errorObject(name, data));
}

/** What a caller is told of anything that was thrown: nothing of our insides. */
export function toldOf(error: unknown): RpcErrorObject<string> {
  if (error instanceof RpcFailure) return error.object;
  if (error instanceof ChainError) return errorObject('chainUnavailable', { reason: error.code });
  if (error instanceof StoreError) return errorObject('storeUnavailable', { reason: error.code });
  return errorObject('internalError', {});
}

/** Whether it is news to those who run the daemon: what the caller did wrong is not. */
export function isOurs(error: unknown): boolean {
  return !(error instanceof RpcFailure);
}
