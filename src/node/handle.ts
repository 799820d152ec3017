import { type Msat, msat } from '../base/amount.ts';
import { toHex } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Role } from '../base/role.ts';
import type { ChannelError } from '../channel/error.ts';
import type { Command } from '../channel/event.ts';
import type { Ledger } from '../channel/ledger.ts';
import type { Channel, Identity } from '../channel/state.ts';
import type { MeterReading, Registers } from '../market/meter.ts';
import type { Signed } from '../market/statement.ts';
import type { Knowledge } from '../penalty/knowledge.ts';
import type { Monitor } from '../penalty/monitor.ts';
import type { Contract } from '../tx/contract.ts';
import type { ChannelDriver } from './driver.ts';
import type { NoEvidence } from './evidence.ts';
import type { ChannelNotice } from './work.ts';

/** What became of a command: done as far as this node can do it now, or refused, in which case nothing was changed. */
export type CommandResult = Result<void, ChannelError | { readonly code: 'halted' }>;

/** What an application does with one channel. Amounts in millisatoshi, heights in blocks, times in Unix seconds. */
export interface ChannelHandle {
  /** The node's own name of the channel; stays the same through its whole life. */
  readonly key: string;
  readonly role: Role;
  /** The channel id, hexadecimal; `undefined` until the three have agreed on the funding transaction. */
  readonly channelId: string | undefined;
  /** The state as it is now, plain data. */
  readonly state: Channel;
  readonly contract: Contract | undefined;
  /** A trader's newest state; `undefined` at the utility and before the opening is signed. */
  readonly ledger: Ledger | undefined;
  readonly monitor: Monitor | null;
  /** What the monitor goes by: the commitments it would recognise, preimages, payout script. */
  readonly knowledge: Knowledge | undefined;
  /** The bug of ours that has halted the channel, if one has: it takes no command any more, its coins are still watched. */
  readonly halted: string | undefined;
  /** Every notice from now on. Returns the way to stop. */
  onNotice(listener: (notice: ChannelNotice) => void): () => void;
  /**
   * The first notice from now on that `wanted` takes. Rejects with {@link ChannelEnded} when the channel is aborted,
   * halted or closed before.
   */
  notice<N extends ChannelNotice['type']>(
    type: N,
    wanted?: (notice: Extract<ChannelNotice, { type: N }>) => boolean,
  ): Promise<Extract<ChannelNotice, { type: N }>>;
  /**
   * Resolves when the state has this name, or `condition` holds of it, now or after a later event. Rejects with
   * {@link ChannelEnded}.
   */
  until(condition: Channel['type'] | ((state: Channel) => boolean)): Promise<Channel>;

  /** Sells up to `units` units of `unitEnergyWh` at no less than `minMsatPerWh`, until `until`. */
  offer(offer: {
    readonly units: number;
    readonly unitEnergyWh: number;
    readonly minMsatPerWh?: bigint;
    readonly until: number;
  }): Promise<CommandResult>;
  /** Buys `units` more units, as fast as offers, tariffs and limits allow; 0 stops buying. */
  buy(units: number): Promise<CommandResult>;
  /** The utility's price of a slot, with locks for `units` units. */
  publishTariff(tariff: {
    readonly slot: number;
    readonly from: number;
    readonly until: number;
    readonly msatPerWh: bigint;
    readonly unitEnergyWh: number;
    readonly units: number;
  }): Promise<CommandResult>;
  /** Reads the node's own meter (cumulative Wh, as of now), signs the reading and sends it to the utility. */
  readMeter(registers: Registers): Promise<Signed<MeterReading>>;
  /** Sends a reading that the trader's meter has signed to the utility. */
  sendReading(reading: Signed<MeterReading>): Promise<CommandResult>;
  /** Pays the other trader, without a delivery: with the next round, and a notice `refused` if the rules forbid it by then. */
  transfer(amountMsat: Msat | bigint): Promise<CommandResult>;
  /**
   * Gives a delivery up, so that both get back what they put into it. It takes both: the seller lets the buyer do it
   * (`unitReleased` at the buyer), then the buyer does.
   */
  cancel(deliveryId: bigint): Promise<CommandResult>;
  /** Closes together; again with a higher `feeRate` (satoshi per 1,000 vB, default 1,000) to replace the close. */
  close(options?: { readonly feeRate?: bigint; readonly payoutScript?: Uint8Array }): Promise<CommandResult>;
  /** Broadcasts our newest commitment. */
  forceClose(): Promise<CommandResult>;
  /** Asks the utility to decide how the channel ends, with a transaction at this fee that it signs with us. */
  requestArbitration(feeSat: bigint): Promise<CommandResult>;
  /**
   * Everything that this party can show of a dispute, as a file that `verifyEvidence` checks offline. Rejects with
   * {@link NoEvidence} before the funding is signed, and with a `ChainError` when the chain cannot be asked for block times.
   */
  exportEvidence(): Promise<Uint8Array>;
}

/** The channel came to its end before what was waited for. */
export class ChannelEnded extends Error {
  override readonly name = 'ChannelEnded';
  readonly retry = false;
}

const DEFAULT_FEE_RATE = 1000n;

/** Who hears of one channel: of each notice, and of each state that was stored. */
export interface Listeners {
  readonly notices: Set<(notice: ChannelNotice) => void>;
  readonly states: Set<() => void>;
}

/** An application's mistake in a listener is its own: it surfaces there, never in the middle of a channel's work. */
export function tell({ notices }: Listeners, notice: ChannelNotice): void {
  for (const listener of [...notices]) queueMicrotask(() => listener(notice));
}

/** A handle on a driver. `listeners` is the driver's own list of who hears it; `readMeter` signs a reading. */
export function channelHandle(
  driver: ChannelDriver,
  { notices, states }: Listeners,
  readMeter: (registers: Registers) => Promise<Signed<MeterReading>>,
  exportEvidence: () => Promise<Uint8Array>,
): ChannelHandle {
  const command = async (event: Command): Promise<CommandResult> => {
    const refusals = await driver.handle({ type: 'event', event });
    if (driver.halted !== undefined) return err({ code: 'halted' });
    // an earlier wish may be refused on the way
    const own = event.type === 'update' ? event.update : undefined;
    const refusal = refusals.find(({ update }) => update === undefined || update === own);
    return refusal === undefined ? ok(undefined) : err(refusal.error);
  };
  const onNotice = (listener: (notice: ChannelNotice) => void) => {
    notices.add(listener);
    return () => {
      notices.delete(listener);
    };
  };
  const sendReading = (reading: Signed<MeterReading>) => command({ type: 'readMeter', reading });
  return {
    key: driver.key,
    get role() {
      return driver.channel.role;
    },
    get channelId() {
      const identity = identityOf(driver.channel);
      return identity === undefined ? undefined : toHex(identity.channelId);
    },
    get state() {
      return driver.channel;
    },
    get contract() {
      return identityOf(driver.channel)?.contract;
    },
    get ledger() {
      const { channel } = driver;
      if ('rounds' in channel) return channel.rounds?.held.ledger;
      return channel.type === 'awaitingFunding' ? channel.held?.ledger : undefined;
    },
    get monitor() {
      return driver.monitor;
    },
    get knowledge() {
      return driver.knowledge();
    },
    get halted() {
      return driver.halted;
    },
    onNotice,
    notice: (type, wanted = () => true) =>
      new Promise((resolve, reject) => {
        const over = endOf(driver);
        if (over !== undefined) return reject(new ChannelEnded(`channel ${driver.key}: ${over}`));
        const stop = onNotice((notice) => {
          if (isOfType(notice, type) && wanted(notice)) {
            stop();
            resolve(notice);
          } else if (isEnd(notice)) {
            stop();
            reject(new ChannelEnded(`channel ${driver.key}: ${notice.type} before ${type}`));
          }
        });
      }),
    until: (condition) =>
      new Promise((resolve, reject) => {
        const holds = typeof condition === 'string' ? isState(condition) : condition;
        const look = () => {
          const over = endOf(driver);
          if (holds(driver.channel)) resolve(driver.channel);
          else if (over !== undefined) reject(new ChannelEnded(`channel ${driver.key}: ${over}`));
          else return;
          stopNotices();
          states.delete(look);
        };
        const stopNotices = onNotice(look); // a halt stores no state
        states.add(look);
        look();
      }),
    offer: (offer) => command({ type: 'offer', minMsatPerWh: 0n, ...offer }),
    buy: (units) => command({ type: 'buy', units }),
    publishTariff: (tariff) => command({ type: 'publishTariff', ...tariff }),
    readMeter: async (registers) => {
      const reading = await readMeter(registers);
      await sendReading(reading);
      return reading;
    },
    sendReading,
    transfer: (amount) => {
      const { role } = driver.channel;
      if (role === 'utility') throw new RangeError('the utility makes no transfers');
      return command({ type: 'update', update: { type: 'transfer', from: role, amountMsat: msat(amount) } });
    },
    cancel: (id) => command({ type: 'update', update: { type: 'cancel', id } }),
    close: ({
      feeRate = DEFAULT_FEE_RATE,
      payoutScript = null,
    }: {
      feeRate?: bigint;
      payoutScript?: Uint8Array | null;
    } = {}) => command({ type: 'close', feeRate, payoutScript }),
    forceClose: () => command({ type: 'forceClose' }),
    requestArbitration: (feeSat) => command({ type: 'requestArbitration', feeSat }),
    exportEvidence,
  };
}

function identityOf(channel: Channel): Identity | undefined {
  return 'identity' in channel ? channel.identity : undefined;
}

function isState(type: Channel['type']): (state: Channel) => boolean {
  return (state) => state.type === type;
}

function isOfType<N extends ChannelNotice['type']>(
  notice: ChannelNotice,
  type: N,
): notice is Extract<ChannelNotice, { type: N }> {
  return notice.type === type;
}

/** Why nothing more will happen, if it will not. */
function endOf({ channel, halted }: ChannelDriver): string | undefined {
  if (halted !== undefined) return 'halted';
  return channel.type === 'aborted' || channel.type === 'closed' ? channel.type : undefined;
}

function isEnd(notice: ChannelNotice): boolean {
  return notice.type === 'aborted' || notice.type === 'halted' || notice.type === 'closed';
}
