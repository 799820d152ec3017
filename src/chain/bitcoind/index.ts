export type { Retry } from './backoff.ts';
export { type BitcoindOptions, bitcoindChain } from './chain.ts';
export type { RpcLogin } from './login.ts';
export { RPC, RpcClient, RpcError, type RpcOptions, type RpcParams } from './rpc.ts';
export type { ZmqAddress } from './tipWatch.ts';
