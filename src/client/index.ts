export type { ErrorName } from '../rpc/errors.ts';
export { METHODS, type MethodName, type MethodParams, type MethodResult } from '../rpc/methods.ts';
export type { RpcEvent } from '../rpc/shapes/event.ts';
export type { NodeStatus } from '../rpc/shapes/status.ts';
export { type RpcClient, type RpcClientOptions, rpcClient, type SubscribeOptions } from './client.ts';
export { RpcConnectionError, RpcError } from './errors.ts';
export type { OpenSocket, RpcSocket, SocketListener } from './socket.ts';
