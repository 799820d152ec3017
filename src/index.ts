/**
 * Wattlane: Lightning-style payment channels for energy, on Bitcoin. What an application needs, in the order in which
 * it meets it; everything else is reached through the folders and may change.
 */
export { type Msat, msat, msatToSatFloor, type Sat, sat, satToMsat } from './base/amount.ts';
export { fromHex, toHex } from './base/bytes.ts';
export { InvariantError } from './base/invariant.ts';
export { fromJson, toJson } from './base/json.ts';
export type { Result } from './base/result.ts';
export type { PerRole, PerTrader, Role, Trader } from './base/role.ts';
export { bitcoindChain } from './chain/bitcoind/index.ts';
export { FollowError } from './chain/follow.ts';
export { type Block, type BlockRef, type Chain, ChainError, type Network } from './chain/port.ts';
export { simulatedChain } from './chain/simulated/index.ts';
export type { Notice } from './channel/action.ts';
export type { ChannelError } from './channel/error.ts';
export type { Ledger } from './channel/ledger.ts';
export type { Channel, SettlingReason } from './channel/state.ts';
export { describeError } from './channel/step.ts';
export { nativeSecp256k1 } from './crypto/native.ts';
export type { Secp256k1 } from './crypto/secp256k1.ts';
export { tinySecp256k1 } from './crypto/tiny.ts';
export type { ArbitrationVerdict, DeliveryOutcome } from './dispute/arbitrate.ts';
export { arbitrate } from './dispute/arbitrate.ts';
export type { Evidence, Finding } from './dispute/evidence.ts';
export { decodeEvidence, type EvidenceError, type EvidenceFile, encodeEvidence } from './dispute/file.ts';
export { type EvidenceReport, type Missing, verifyEvidence } from './dispute/report.ts';
export type { VerdictStatement } from './dispute/verdict.ts';
export type { MeterReading, Registers } from './market/meter.ts';
export { demandPrice, type PriceCoefficients } from './market/pricing.ts';
export { type Interval, parseReadings } from './market/readings.ts';
export type { Tariff } from './market/tariff.ts';
export { meterRegisters, neighbourOf, tradableUnits } from './market/trading.ts';
export type { OnBackup } from './node/backups.ts';
export { NodeRefused } from './node/beginning.ts';
export { type Clock, systemClock } from './node/clock.ts';
export { NoEvidence } from './node/evidence.ts';
export { ChannelEnded, type ChannelHandle, type CommandResult } from './node/handle.ts';
export type { NodeEvent } from './node/journal.ts';
export { createNode, type Node } from './node/node.ts';
export { OpenRefused } from './node/openings.ts';
export type { NodeOptions, OpenRequest, Policy } from './node/options.ts';
export type { Peer } from './node/peers.ts';
export { createTower, DEFAULT_QUOTA, type Tower, type TowerNotice, type TowerOptions } from './node/tower.ts';
export type { TowerQuota, TowerRefusal } from './node/towerStore.ts';
export type { ChannelNotice } from './node/work.ts';
export { finalAmounts } from './penalty/monitor.ts';
export { memoryStore } from './store/memory.ts';
export { type Store, StoreError } from './store/port.ts';
export { justiceBlob, type TowerBlob } from './tower/blob.ts';
export { type MemoryNetwork, memoryNetwork } from './transport/memory.ts';
export { type Connection, type Transport, TransportError, type TransportIdentity } from './transport/port.ts';
export { type BrowserTransportOptions, browserTransport } from './transport/websocket/browser.ts';
export { DEFAULT_LIMITS, type Limits } from './transport/websocket/limits.ts';
export type { SocketServer } from './transport/websocket/socket.ts';
export {
  type WebSocketTransportOptions,
  webSocketServer,
  webSocketTransport,
} from './transport/websocket/ws.ts';
export type { ChannelParams, Contract, Delivery } from './tx/contract.ts';
export { outputDescriptor } from './tx/outputs.ts';
export { decodeTx, encodeTx, type Tx, txid, vsize } from './tx/transaction.ts';
export { addressOfScript, scriptOfAddress } from './wallet/address.ts';
export { checkMnemonic, mnemonicFromEntropy } from './wallet/mnemonic.ts';
export { createWallet, type Wallet } from './wallet/wallet.ts';
