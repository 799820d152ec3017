/**
 * Wattlane: Lightning-style payment channels for energy, on Bitcoin. What an application needs: `browser.ts` has what runs
 * everywhere; here is what needs Node besides.
 */
export * from './browser.ts';
export { bitcoindChain } from './chain/bitcoind/index.ts';
export { nativeSecp256k1 } from './crypto/native.ts';
export {
  type WebSocketTransportOptions,
  webSocketServer,
  webSocketTransport,
} from './transport/websocket/ws.ts';
