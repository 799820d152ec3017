import { WebSocket } from 'ws';
import { type OpenSocket, socketsOf } from './socket.ts';

/** The sockets of `ws`, for Node. */
export const nodeSockets: OpenSocket = socketsOf(WebSocket as unknown as Parameters<typeof socketsOf>[0]);
