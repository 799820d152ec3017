/** Reasons inside of a cause: what is wrong with a tariff, a reading, a statement, a proof or a verdict. */
const REASONS: Readonly<Record<string, string>> = {
  badSignature: 'its signature does not fit',
  otherChannel: 'it is of another channel',
  wrongMeter: 'it is of another meter',
  sequenceNotIncreasing: 'its number is not above the last one',
  conflictingReading: 'another reading had this number',
  timeBackwards: 'its time lies before the last one',
  timeAhead: 'its time lies ahead of clock and chain',
  registerBackwards: 'a register runs backwards',
  aboveCapacity: 'the meter exported more than it can',
  emptySlot: 'it ends before it begins',
  priceNotPositive: 'its price is nothing',
  noEnergy: 'its units have no energy',
  unitTooExpensive: 'a unit costs more than all bitcoin there are',
  noLocks: 'it has no units',
  units: 'the number of units is not possible',
  tooManyLocks: 'it has too many units',
  repeatedLock: 'a lock comes twice',
  unitOutOfRange: 'the unit numbers are used up',
  outOfRange: 'a value is out of range',
  noUnits: 'it has no units',
  olderThanKnown: 'a later one is known',
  otherUnit: 'it is of another unit',
  otherEnergy: 'its energy is not that of the unit',
  wrongPreimage: 'its secret does not fit the lock',
  energyBeforeOrder: 'the energy was exported before the order',
  verdictAgainstReading: 'the reading in it says otherwise',
  notConserved: 'its amounts do not sum to the capacity',
  numberOutOfRange: 'its number is out of range',
  tooManyDeliveries: 'it has too many deliveries',
  deliveryTwice: 'a delivery comes twice',
  deliveryBelowDust: 'a delivery is too small',
  wrongDeadline: 'a deadline is not what the expiry makes it',
  badPoint: 'its point is none',
  forgedProof: 'the state proof does not hold',
  feeTooHigh: 'the fee is higher than can be paid, or than the utility allows',
  feeAboveLimit: 'the fee is higher than the utility allows',
  otherState: 'it is about another state',
  otherOutcomes: 'its outcomes are not those of the state',
  otherTransaction: 'its transaction is not the one that this state makes',
  deliveredForfeited: 'it forfeits a unit that was delivered',
};

/** A reason in words; one that is not known as the node wrote it. */
export function reasonText(reason: string): string {
  const [code = ''] = reason.split(/[\s=]/);
  if (Object.hasOwn(REASONS, code)) return REASONS[code] as string;
  return reason === '' ? 'no reason was given' : `“${reason}”`;
}
