import { counterpartyOf, type Trader } from '../../../../src/base/role.ts';
import { type Market, type Offer, offerOf, tariffNow, unitPriceMsat, unitsLeft } from '../../nodes/market.ts';
import type { ChannelDetail } from '../../nodes/node.ts';
import { explainCause } from '../../text/causes.ts';
import type { Problem } from '../../text/problem.ts';
import { stateText } from '../../text/states.ts';
import { clockText } from '../../text/times.ts';

type Params = NonNullable<ChannelDetail['params']>;

/** Something that is in the way. */
export interface Obstacle extends Problem {
  /** It goes away by itself while trade goes on: worth a word only when it stays. */
  readonly passing?: true;
}

/** What keeps `buyer` from buying one more unit now, each with its way out; none when it can. Protocol section 6. */
export function obstacles(market: Market, buyer: Trader): readonly Obstacle[] {
  const { channel } = market;
  if (channel === null)
    return [{ what: 'There is no channel to trade in.', wayOut: 'Open one in the view Channel.' }];
  if (channel.state !== 'open') return [notOpen(channel)];
  const tariff = tariffNow(market);
  const seller = counterpartyOf(buyer);
  const offer = offerOf(channel, seller);
  return [
    ...(channel.link === 'up' ? [] : [offline(channel)]),
    ...(tariff === undefined ? [noTariff(market)] : []),
    ...(tariff !== undefined && unitsLeft(tariff, market.nextUnit) === 0 ? [tariffSold(tariff.units)] : []),
    ...(offer === undefined ? [cause('noOffer')] : offerProblems(market, offer)),
    ...(channel.params === null ? [] : limits(market, channel, channel.params, buyer)),
  ];
}

const BEFORE: ReadonlySet<string> = new Set([
  ...['fresh', 'reviewing', 'awaitingAcceptance', 'awaitingAgreement', 'checkingInputs'],
  ...['awaitingFundingSigned', 'awaitingCosignature', 'signingFunding', 'awaitingFunding'],
]);

function notOpen({ state }: ChannelDetail): Problem {
  const { what } = stateText(state);
  return BEFORE.has(state)
    ? { what: `The channel is not open yet. ${what}`, wayOut: 'Trade begins when its funding has confirmed.' }
    : { what: `The channel is not open any more. ${what}`, wayOut: 'Open a new one in the view Channel.' };
}

function offline({ link }: ChannelDetail): Problem {
  if (link === 'reestablishing')
    return {
      what: 'The two traders are agreeing on where they stand.',
      wayOut: 'This takes a moment after each new connection.',
    };
  if (link === 'stale')
    return {
      what: 'The other trader says of this channel what cannot be.',
      wayOut: 'Nothing is traded with it any more. Close the channel in the view Channel.',
    };
  return {
    what: 'The other trader is offline.',
    wayOut: 'Its node has to run. The connection is made again by itself.',
  };
}

function noTariff({ tariffs, time }: Market): Problem {
  const next = tariffs.find(({ from }) => from > time);
  if (next !== undefined)
    return {
      what: 'No tariff holds at this time.',
      wayOut: `The next one begins at ${clockText(next.from)} UTC.`,
    };
  return {
    what: tariffs.length === 0 ? 'There is no tariff yet.' : 'The last tariff has run out.',
    wayOut: 'The utility publishes the price of the next slot.',
  };
}

function tariffSold(units: number): Problem {
  return {
    what: `All ${units} units of this slot’s tariff are ordered.`,
    wayOut: 'The utility publishes another tariff.',
  };
}

function offerProblems(market: Market, offer: Offer): readonly Problem[] {
  const tariff = tariffNow(market);
  if (offer.until <= market.time) return [cause('offerExpired')];
  if (offer.orderedUnits >= offer.units) return [cause('soldOut', { units: `${offer.units}` })];
  if (tariff === undefined) return [];
  const { msatPerWh, unitEnergyWh } = tariff;
  if (offer.unitEnergyWh !== unitEnergyWh)
    return [cause('otherUnitEnergy', { offeredWh: `${offer.unitEnergyWh}`, tariffWh: `${unitEnergyWh}` })];
  const { minMsatPerWh } = offer;
  return BigInt(msatPerWh) < BigInt(minMsatPerWh) ? [cause('priceTooLow', { msatPerWh, minMsatPerWh })] : [];
}

function limits(market: Market, channel: ChannelDetail, params: Params, buyer: Trader): readonly Obstacle[] {
  // what balances are when they are free again is not known before
  if (channel.deliveries.length >= params.maxInFlight)
    return [{ ...cause('tooManyInFlight', { limit: `${params.maxInFlight}` }), passing: true }];
  const found: Problem[] = [];
  const { height } = market;
  const seller = counterpartyOf(buyer);
  if (height !== null) {
    const expiry = height + params.deliveryWindow + params[`${seller}ToSelfDelay`] + params.resolutionMargin;
    const latest = params.settlementHeight - params.resolutionMargin;
    if (expiry > latest)
      found.push(cause('expiryPastSettlement', { expiry: `${expiry}`, latest: `${latest}` }));
  }
  const tariff = tariffNow(market);
  const { balances, contributions } = channel;
  if (tariff === undefined || balances === null || contributions === null) return found;
  const payment = unitPriceMsat(tariff);
  const has = (trader: Trader) => BigInt(balances[`${trader}Msat`]);
  const reserve = (trader: Trader) => BigInt(params[`${trader}ReserveMsat`]);
  const bond = bondMsat(
    params,
    payment,
    BigInt(contributions[`${seller}Msat`]),
    has(seller) - reserve(seller),
  );
  const short = (trader: Trader, neededMsat: bigint) => {
    if (neededMsat === 0n || has(trader) - neededMsat >= reserve(trader)) return;
    found.push(
      cause('balanceTooLow', {
        trader,
        balanceMsat: `${has(trader)}`,
        neededMsat: `${neededMsat}`,
        reserveMsat: `${reserve(trader)}`,
      }),
    );
  };
  short(buyer, payment);
  short(seller, bond);
  const valueMsat = payment + bond;
  if (valueMsat / 1000n < BigInt(params.dustLimitSat))
    found.push(cause('belowDust', { valueMsat: `${valueMsat}`, dustLimitSat: params.dustLimitSat }));
  return found;
}

/** The seller's coins behind one delivery: protocol section 2. */
function bondMsat(params: Params, payment: bigint, contribution: bigint, free: bigint): bigint {
  if (params.bondPolicy === 'proportional') return (payment * BigInt(params.bondPpm ?? 0)) / 1_000_000n;
  if (free <= 0n) return 0n;
  return free < contribution ? free : contribution;
}

function cause(code: string, values: Readonly<Record<string, string>> = {}): Problem {
  const { what, wayOut } = explainCause({ code, values });
  return { what, wayOut };
}
