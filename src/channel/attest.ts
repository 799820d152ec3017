import { err, ok, type Result } from '../base/result.ts';
import { TRADERS, type Trader } from '../base/role.ts';
import type { Verdict } from '../market/attestation.ts';
import { DELIVERY_STATEMENT, deliveryStatement } from '../market/deliveryStatement.ts';
import { METER_READING, verifyReading } from '../market/meter.ts';
import { decodeSigned } from '../market/statement.ts';
import type { Delivery } from '../tx/contract.ts';
import type { MessageOf } from '../wire/messages.ts';
import type { ChannelAction, ChannelRecord } from './action.ts';
import type { ChannelError } from './error.ts';
import { signBody } from './market.ts';
import type { TakenProof } from './proofs.ts';
import type { DeliveryRegister, RegisteredUnit } from './register.ts';
import type { Identity } from './state.ts';
import { type Context, notify, send, utilitySigner } from './step.ts';

/**
 * What the utility does for the units of a channel, the same while it is open and on its way to the chain: a unit that
 * was ordered is metered and decided also when a trader closes meanwhile (protocol section 14, property 6).
 */
export function proofActions(identity: Identity, taken: TakenProof, from: Trader): ChannelAction[] {
  return [
    ...taken.cancelled.map(({ unit, seller }) => ({
      type: 'cancelUnit' as const,
      channelId: identity.channelId,
      unit,
      meter: identity.meters[seller],
    })),
    ...taken.ordered.map((delivery) => orderUnit(identity, delivery)),
    ...wordsOn(identity, taken.book.register, [from]),
  ];
}

function orderUnit({ channelId, meters }: Identity, delivery: Delivery): ChannelAction {
  const { unit, energyWh, deadline, seller } = delivery;
  return {
    type: 'orderUnit',
    order: { channelId, unit, energyWh: Number(energyWh), deadline },
    meter: meters[seller],
  };
}

/** The words on the units that are decided, as they were said. */
export function wordsOn(
  { channelId }: Identity,
  register: DeliveryRegister,
  to: readonly Trader[],
): ChannelAction[] {
  return register.flatMap((unit) => {
    if (unit.type === 'ordered') return [];
    const type = unit.type === 'delivered' ? 'attest_delivery' : 'refuse_delivery';
    return to.map((trader) =>
      send(trader, { type, channelId, unit: unit.delivery.unit, signed: unit.statement }),
    );
  });
}

export interface DecidedUnit {
  readonly register: DeliveryRegister;
  readonly actions: readonly ChannelAction[];
  readonly records: readonly ChannelRecord[];
}

/**
 * The meters have decided a unit: the utility says so, signed, to both, and reveals the preimage only of a delivered
 * one. `undefined` for a unit that is not in flight or was decided before.
 */
export function decideUnit(
  identity: Identity,
  register: DeliveryRegister,
  verdict: Verdict,
  context: Context,
): DecidedUnit | undefined {
  const index = register.findIndex((each) => each.delivery.unit === verdict.unit);
  const ordered = register[index];
  if (ordered === undefined || ordered.type !== 'ordered') return undefined;
  const signer = utilitySigner(context);
  const said = deliveryStatement(verdict, (channelId, unit) => signer.preimage(channelId, unit));
  const statement = signBody(context, DELIVERY_STATEMENT, said);
  const word: RegisteredUnit = { type: verdict.verdict, delivery: ordered.delivery, statement };
  const { unit } = verdict;
  const told = notify({ type: verdict.verdict === 'delivered' ? 'unitAttested' : 'unitRefused', unit });
  return {
    register: register.with(index, word),
    actions: [...wordsOn(identity, [word], TRADERS), told],
    records: [{ type: 'statement', unit, signed: statement }],
  };
}

/** A reading that a trader sends of its own meter. */
export function takeReading(
  { meters }: Identity,
  from: Trader,
  message: MessageOf<'meter_reading'>,
  context: Context,
): Result<ChannelAction, ChannelError> {
  const meter = meters[from];
  const signed = decodeSigned(METER_READING, message.signed);
  const verified = signed.ok ? verifyReading(context.secp, signed.value, meter) : signed;
  if (!verified.ok) return err({ code: 'badReading', reason: verified.error.code });
  return ok({ type: 'meterRead', reading: verified.value, meter });
}
