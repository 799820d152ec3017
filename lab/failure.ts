import { RpcFailure } from '../src/daemon/rpc/failure.ts';
import { errorOf } from '../src/rpc/errors.ts';
import { LAB_ERRORS, type LabErrorName, type LabErrorValues } from './errors.ts';

/** A call ends with this error of the laboratory. */
export function labFailure<N extends LabErrorName>(name: N, data: LabErrorValues<N>): RpcFailure {
  return new RpcFailure(errorOf(LAB_ERRORS[name], name, data));
}

/** What an error says of itself, in one line. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n', 1)[0] ?? '').slice(0, 1000);
}
