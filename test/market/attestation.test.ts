import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attest,
  cancelUnit,
  type LedgerStep,
  type MeterLedger,
  openLedger,
  orderUnit,
  refuseOverdue,
  type UnitOrder,
  type Verdict,
} from '../../src/market/attestation.ts';
import { checkStatement, deliveryStatement } from '../../src/market/deliveryStatement.ts';
import { CHANNEL, OTHER_CHANNEL, reading, unwrap } from './arbitraries.ts';

const CAPACITY = 3600n;
const order = (unit: bigint, fields: Partial<UnitOrder> = {}): UnitOrder => ({
  channelId: CHANNEL,
  unit,
  energyWh: 100,
  deadline: 200,
  ...fields,
});
/** A reading at 1,000 s per sequence number, so that the capacity is never in the way. */
const exported = (sequence: bigint, exportWh: bigint) =>
  reading({ sequence, time: 1000 * Number(sequence), exportWh });
const ledgerAt = (exportWh: bigint) => openLedger(exported(1n, exportWh), CAPACITY);
const withUnits = (ledger: MeterLedger, ...orders: readonly UnitOrder[]) =>
  orders.reduce((known, each) => unwrap(orderUnit(known, each)), ledger);
const said = ({ verdicts }: LedgerStep) =>
  verdicts.map(({ verdict, unit, fromWh }) => `${verdict} ${unit} from ${fromWh}`);

describe('attestation', () => {
  it('export short of the unit: nothing; export that covers it: delivered', () => {
    const ledger = withUnits(ledgerAt(40n), order(1n));
    const short = unwrap(attest(ledger, exported(2n, 139n), 100));
    expect(said(short)).toEqual([]);
    const enough = unwrap(attest(short.ledger, exported(3n, 140n), 101));
    expect(said(enough)).toEqual(['delivered 1 from 40']);
    expect(enough.ledger.openUnits).toEqual([]);
    expect(enough.ledger.attestedExportWh).toBe(140n);
  });

  it('one reading over several units: attested in order, each its own watt-hours', () => {
    const ledger = withUnits(ledgerAt(0n), order(1n), order(2n), order(3n));
    const step = unwrap(attest(ledger, exported(2n, 250n), 100));
    expect(said(step)).toEqual(['delivered 1 from 0', 'delivered 2 from 100']);
    expect(step.ledger.openUnits.map(({ unit }) => unit)).toEqual([3n]);
  });

  it('surplus that flowed while a unit was open: carries over to it', () => {
    const ledger = withUnits(ledgerAt(0n), order(1n), order(2n));
    const first = unwrap(attest(ledger, exported(2n, 150n), 100));
    const second = unwrap(attest(first.ledger, exported(3n, 200n), 100));
    expect(said(second)).toEqual(['delivered 2 from 100']);
  });

  it('surplus that flowed before the order: counts for no later unit', () => {
    const first = unwrap(attest(withUnits(ledgerAt(0n), order(1n)), exported(2n, 190n), 100));
    const ledger = withUnits(first.ledger, order(2n));
    expect(said(unwrap(attest(ledger, exported(3n, 289n), 100)))).toEqual([]);
    expect(said(unwrap(attest(ledger, exported(3n, 290n), 100)))).toEqual(['delivered 2 from 190']);
  });

  it('two channels on one meter: the same energy is attested to one of them only', () => {
    const ledger = withUnits(ledgerAt(0n), order(1n), order(1n, { channelId: OTHER_CHANNEL }));
    const step = unwrap(attest(ledger, exported(2n, 100n), 100));
    expect(step.verdicts.map(({ channelId }) => channelId)).toEqual([CHANNEL]);
  });

  it('the same reading twice: nothing new', () => {
    const step = unwrap(attest(withUnits(ledgerAt(0n), order(1n)), exported(2n, 150n), 100));
    expect(unwrap(attest(step.ledger, exported(2n, 150n), 100))).toEqual({
      ledger: step.ledger,
      verdicts: [],
    });
  });

  it('a reading that runs backwards: refused, the ledger as it was', () => {
    const ledger = withUnits(ledgerAt(50n), order(1n));
    expect(attest(ledger, exported(2n, 49n), 100)).toEqual({
      ok: false,
      error: { code: 'registerBackwards', register: 'exportWh', previous: 50n, next: 49n },
    });
  });

  it('export above the certified capacity: refused', () => {
    const ledger = withUnits(ledgerAt(0n), order(1n));
    expect(attest(ledger, exported(2n, 1002n), 100)).toMatchObject({
      ok: false,
      error: { code: 'aboveCapacity' },
    });
  });
});

describe('refusal', () => {
  it('deadline not yet come: nothing', () => {
    expect(said(refuseOverdue(withUnits(ledgerAt(0n), order(1n)), 199))).toEqual([]);
  });

  it('deadline come, not covered: refused, resting on the last reading', () => {
    const half = unwrap(attest(withUnits(ledgerAt(0n), order(1n)), exported(2n, 50n), 150));
    const step = refuseOverdue(half.ledger, 200);
    expect(said(step)).toEqual(['notDelivered 1 from 0']);
    expect(step.verdicts[0]?.reading).toEqual(exported(2n, 50n));
    expect(step.ledger.openUnits).toEqual([]);
  });

  it('a covering reading at the deadline: too late, and the refusal rests on the reading before it', () => {
    const ledger = withUnits(ledgerAt(0n), order(1n));
    const step = unwrap(attest(ledger, exported(2n, 100n), 200));
    expect(said(step)).toEqual(['notDelivered 1 from 0']);
    expect(step.verdicts[0]?.reading).toEqual(exported(1n, 0n));
  });

  it('a refused unit: its watt-hours go to the one behind it', () => {
    const ledger = withUnits(ledgerAt(0n), order(1n, { energyWh: 500, deadline: 150 }), order(2n));
    const half = unwrap(attest(ledger, exported(2n, 120n), 149));
    expect(said(half)).toEqual([]);
    expect(said(refuseOverdue(half.ledger, 150))).toEqual(['notDelivered 1 from 0', 'delivered 2 from 0']);
  });

  it('a unit refused behind one that is still open: begins after that one', () => {
    const ledger = withUnits(ledgerAt(0n), order(1n, { energyWh: 500 }), order(2n, { deadline: 150 }));
    const half = unwrap(attest(ledger, exported(2n, 120n), 149));
    expect(said(refuseOverdue(half.ledger, 150))).toEqual(['notDelivered 2 from 500']);
  });
});

describe('order', () => {
  it('the same order twice: registered once', () => {
    const ledger = withUnits(ledgerAt(0n), order(1n));
    expect(orderUnit(ledger, order(1n))).toEqual({ ok: true, value: ledger });
  });

  it.each([
    ['a unit number that was passed over', order(1n), { code: 'unitNotIncreasing', unit: 1n, highest: 2n }],
    [
      'an open unit with other terms',
      order(2n, { energyWh: 99 }),
      { code: 'unitNotIncreasing', unit: 2n, highest: 2n },
    ],
    ['no energy', order(3n, { energyWh: 0 }), { code: 'noEnergy' }],
  ])('%s: refused', (_name, bad, error) => {
    expect(orderUnit(withUnits(ledgerAt(0n), order(2n)), bad)).toEqual({ ok: false, error });
  });

  it('a unit that was refused: cannot be ordered again', () => {
    const { ledger } = refuseOverdue(withUnits(ledgerAt(0n), order(1n)), 200);
    expect(orderUnit(ledger, order(1n, { deadline: 300 }))).toMatchObject({
      ok: false,
      error: { code: 'unitNotIncreasing' },
    });
  });

  it('cancelled: no verdict, and its watt-hours go to the one behind it', () => {
    const ledger = withUnits(ledgerAt(0n), order(1n, { energyWh: 500 }), order(2n));
    const half = unwrap(attest(ledger, exported(2n, 120n), 100));
    const step = cancelUnit(half.ledger, CHANNEL, 1n);
    expect(said(step)).toEqual(['delivered 2 from 0']);
    expect(said(refuseOverdue(step.ledger, 999))).toEqual([]);
  });
});

type Happening =
  | { readonly type: 'order'; readonly other: boolean; readonly energyWh: number; readonly window: number }
  | { readonly type: 'reading'; readonly exportedWh: number; readonly again: boolean }
  | { readonly type: 'blocks'; readonly count: number }
  | { readonly type: 'cancel'; readonly other: boolean; readonly back: number };

const happenings: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({
    type: fc.constant('order' as const),
    other: fc.boolean(),
    energyWh: fc.integer({ min: 1, max: 120 }),
    window: fc.integer({ min: 1, max: 6 }),
  }),
  fc.record({
    type: fc.constant('reading' as const),
    exportedWh: fc.nat(300),
    again: fc.boolean(),
  }),
  fc.record({ type: fc.constant('blocks' as const), count: fc.nat(3) }),
  fc.record({ type: fc.constant('cancel' as const), other: fc.boolean(), back: fc.nat(3) }),
);

interface Run {
  readonly ledger: MeterLedger;
  readonly verdicts: readonly Verdict[];
  readonly height: number;
  readonly nextUnit: bigint;
}

function happen(run: Run, event: Happening): Run {
  const took = ({ ledger, verdicts }: LedgerStep): Run => ({
    ...run,
    ledger,
    verdicts: [...run.verdicts, ...verdicts],
  });
  const last = run.ledger.lastReading;
  switch (event.type) {
    case 'order': {
      const channelId = event.other ? OTHER_CHANNEL : CHANNEL;
      const deadline = run.height + event.window;
      const unit = order(run.nextUnit, { channelId, energyWh: event.energyWh, deadline });
      return { ...run, ledger: unwrap(orderUnit(run.ledger, unit)), nextUnit: run.nextUnit + 1n };
    }
    case 'reading': {
      const next = exported(last.body.sequence + 1n, last.body.exportWh + BigInt(event.exportedWh));
      return took(unwrap(attest(run.ledger, event.again ? last : next, run.height)));
    }
    case 'blocks': {
      const height = run.height + event.count;
      return { ...took(refuseOverdue(run.ledger, height)), height };
    }
    case 'cancel': {
      const channelId = event.other ? OTHER_CHANNEL : CHANNEL;
      return took(cancelUnit(run.ledger, channelId, run.nextUnit - BigInt(event.back)));
    }
  }
}

describe('any course of orders, readings and blocks', () => {
  const START = 1000n;
  const runs = fc
    .array(happenings, { maxLength: 60 })
    .map((events) =>
      events.reduce(happen, { ledger: ledgerAt(START), verdicts: [], height: 100, nextUnit: 1n }),
    );
  const delivered = (run: Run) => run.verdicts.filter(({ verdict }) => verdict === 'delivered');

  it('never attests more watt-hours than were exported, nor one twice', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const total = delivered(run).reduce((sum, { energyWh }) => sum + BigInt(energyWh), 0n);
        expect(total <= run.ledger.lastReading.body.exportWh - START).toBe(true);
        let taken = START;
        for (const { fromWh, energyWh } of delivered(run)) {
          expect(fromWh >= taken).toBe(true);
          taken = fromWh + BigInt(energyWh);
        }
        expect(run.ledger.attestedExportWh).toBe(taken);
      }),
    );
  });

  it('one verdict per unit, and each a statement that its own readings bear out', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const units = run.verdicts.map(({ unit }) => unit);
        expect(new Set(units).size).toBe(units.length);
        for (const verdict of run.verdicts)
          expect(checkStatement(deliveryStatement(verdict, () => CHANNEL))).toBeUndefined();
      }),
    );
  });

  it('no unit open past its deadline, and none that the export covers left waiting at the front', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const { ledger, height } = run;
        const [front] = ledger.openUnits;
        for (const { deadline } of ledger.openUnits) expect(deadline > height).toBe(true);
        if (front === undefined) return;
        const from = [front.orderedAt.body.exportWh, ledger.attestedExportWh].sort((a, b) =>
          a < b ? 1 : -1,
        )[0];
        expect((from ?? 0n) + BigInt(front.energyWh) > ledger.lastReading.body.exportWh).toBe(true);
      }),
    );
  });
});
