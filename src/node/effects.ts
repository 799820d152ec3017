import { assertNever, invariant } from '../base/invariant.ts';
import { type BlockRef, type BroadcastResult, type Chain, ChainError } from '../chain/port.ts';
import type { ChannelEvent } from '../channel/event.ts';
import type { Context } from '../channel/step.ts';
import type { ChannelCoins } from './channelCoins.ts';
import type { Channels, RunningChannel } from './channels.ts';
import type { ClaimFees } from './claimFees.ts';
import type { Clock } from './clock.ts';
import { type Listeners, tell } from './handle.ts';
import type { Journal } from './journal.ts';
import type { MeterDesk } from './meterDesk.ts';
import type { Openings } from './openings.ts';
import type { Policy } from './options.ts';
import type { Peers } from './peers.ts';
import type { Towers } from './towers.ts';
import type { Effects, OtherAction } from './work.ts';

/** The parts of the node that do what its channels ask for. */
export interface EffectsOptions {
  /** What every event of every channel is judged by. */
  readonly constant: Pick<Context, 'secp' | 'identity' | 'chainHash'>;
  readonly policy: Policy;
  readonly chain: Chain;
  readonly clock: Clock;
  readonly tip: () => BlockRef;
  /** The newest block's time, Unix seconds; 0 before the first since the start. */
  readonly chainTime: () => number;
  /** Whether somebody waits for the node to come to rest. */
  readonly isAwaited: () => boolean;
  readonly channels: Pick<Channels, 'get' | 'learn'>;
  readonly peers: Pick<Peers, 'send' | 'connection'>;
  readonly openings: Pick<Openings, 'review' | 'check' | 'signFunding'>;
  readonly coins: Pick<ChannelCoins, 'submit' | 'free'>;
  readonly fees: ClaimFees;
  readonly meters: Pick<MeterDesk, 'order' | 'cancel' | 'read'>;
  readonly towers: Pick<Towers, 'stored'>;
  readonly journal: Pick<Journal, 'grew'>;
  /** Work that nobody waits for; begins at once. */
  readonly run: (work: () => Promise<unknown>) => void;
}

/** What the driver of one channel asks for, of the parts of its node. */
export function effectsOf(options: EffectsOptions, key: string, listeners: Listeners): Effects {
  const { policy, chain, channels, peers, coins, fees, towers, journal, tip } = options;
  let known: RunningChannel | undefined;
  const channel = (): RunningChannel => {
    known = channels.get(key) ?? known; // a handle outlives a channel that was forgotten
    invariant(known !== undefined, 'a driver belongs to a channel of this node');
    return known;
  };
  return {
    send: (to, message, on) => {
      const nodeId = channel().peers[to];
      if (nodeId !== undefined) peers.send(nodeId, message, on);
    },
    connection: (to) => {
      const nodeId = channel().peers[to];
      return nodeId === undefined ? undefined : peers.connection(nodeId);
    },
    broadcast: async (tx, purpose) => {
      if (purpose === 'commitment') return coins.submit(channel(), tx, tip().height);
      const result = await chain.broadcast(tx).catch(unanswered);
      tell(listeners, { type: 'broadcast', purpose, tx, result });
    },
    perform: (action, done) => perform(options, channel(), action, done),
    stored: (events) => {
      journal.grew(events);
      channels.learn(channel());
      towers.stored(channel());
      for (const listener of [...listeners.states]) queueMicrotask(listener);
    },
    notify: (notice) => tell(listeners, notice),
    context: () => ({
      ...options.constant,
      signer: channel().signer,
      now: options.clock.now(),
      height: tip().height,
      clockTolerance: policy.clockTolerance,
      certifiedCapacityWhPerHour: policy.certifiedCapacityWhPerHour,
      maxArbitrationFeeRate: fees.last * policy.arbitrationFeeFactor,
    }),
    tip,
    isAwaited: options.isAwaited,
    after: (ms, then) => options.clock.after(ms, then),
    claimFeeRate: () => fees.rate(),
    resolvedDepth: policy.resolvedDepth,
  };
}

/** The actions that are answered by an event, or by nothing. */
function perform(
  options: EffectsOptions,
  channel: RunningChannel,
  action: OtherAction,
  done: () => void,
): void {
  if (isOfMeters(action)) {
    options.run(async () => {
      await meter(options, channel, action);
      done();
    });
    return;
  }
  const { openings, coins, run } = options;
  const { driver } = channel;
  const answer = (event: ChannelEvent) => driver.handle({ type: 'event', event });
  switch (action.type) {
    case 'reviewOpening':
      run(async () => answer(await openings.review(channel, action.proposal)));
      break;
    case 'checkInputs':
      run(async () =>
        answer({ type: 'inputsChecked', problem: await openings.check(channel, action.inputs) }),
      );
      break;
    case 'signFunding':
      run(() => openings.signFunding(driver));
      break;
    case 'releaseCoins':
      run(() => coins.free(driver.key));
      break;
    default:
      assertNever(action);
  }
  done();
}

/**
 * Seconds by which a meter's clock may be ahead of ours and of the newest block. One from the far future would make every
 * later reading look like one that runs backwards; our own clock may be the one that is wrong, so the chain counts too.
 */
const READING_AHEAD = 7200;

type MeterAction = Extract<OtherAction, { type: 'orderUnit' | 'cancelUnit' | 'meterRead' }>;

function isOfMeters(action: OtherAction): action is MeterAction {
  return action.type === 'orderUnit' || action.type === 'cancelUnit' || action.type === 'meterRead';
}

/** Resolves when the book of meters is on the disk: only then a crash does not lose it. */
function meter(
  { meters, tip, clock, chainTime }: EffectsOptions,
  { listeners }: RunningChannel,
  action: MeterAction,
): Promise<void> {
  switch (action.type) {
    case 'orderUnit':
      return meters.order(action.meter, action.order);
    case 'cancelUnit':
      return meters.cancel(action.meter, action.channelId, action.unit);
    case 'meterRead': {
      const refused = (reason: string) =>
        tell(listeners, { type: 'refused', error: { code: 'badReading', reason } });
      const latest = Math.max(clock.now(), chainTime()) + READING_AHEAD;
      if (action.reading.body.time <= latest)
        return meters.read(action.meter, action.reading, tip().height, refused);
      refused('timeAhead');
      return Promise.resolve();
    }
    default:
      return assertNever(action);
  }
}

/** The node did not answer: whatever had to go out is submitted again with the next block. */
function unanswered(error: unknown): BroadcastResult {
  if (error instanceof ChainError) return { accepted: false, reason: error.message };
  throw error;
}
