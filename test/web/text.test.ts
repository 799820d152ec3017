import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LAB_ERRORS } from '../../lab/errors.ts';
import { ROLES } from '../../src/base/role.ts';
import { RpcConnectionError, RpcError } from '../../src/client/errors.ts';
import { ERRORS, type ErrorName } from '../../src/rpc/errors.ts';
import { EVENT_DATA, type EventType } from '../../src/rpc/shapes/event.ts';
import { CHANNEL_STATES } from '../../src/rpc/states.ts';
import { headingIds } from '../../web/protocol/headings.ts';
import { CAUSE_CODES, explainCause, explainLine } from '../../web/src/text/causes.ts';
import { type Explained, explainEvent } from '../../web/src/text/events.ts';
import { problemOf } from '../../web/src/text/problems.ts';
import { SECTIONS } from '../../web/src/text/sections.ts';
import { STATE_TEXTS } from '../../web/src/text/states.ts';
import { FINDINGS, SPEND_KINDS, WAYS } from '../../web/src/text/words.ts';
import { SAMPLE_EVENTS } from './sampleEvents.ts';

const PROTOCOL = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
/** Ends like a sentence, and shows no value that was not there. */
const SENTENCE = /^[A-Z0-9“].*[.?”]$/s;
const HOLE = /undefined|null|NaN|\[object|\$\{/;

const IDS = new Map(headingIds(PROTOCOL).map(({ id, text }) => [id, text]));

function said(text: string): void {
  expect(text).toMatch(SENTENCE);
  expect(text).not.toMatch(HOLE);
}

describe('every section that explanations name', () => {
  it.each(Object.entries(SECTIONS))('%s is a heading of docs/protocol.md', (id, title) => {
    const [number = '', ...words] = title.split(' ');
    const heading = IDS.get(id);
    expect([`${number}. ${words.join(' ')}`, words.join(' ')]).toContain(heading);
  });
});

describe('every event', () => {
  const types = Object.keys(EVENT_DATA) as EventType[];

  it.each(types)('%s is explained to each party, by its name and as “you”', (type) => {
    const events = SAMPLE_EVENTS.filter((event) => event.type === type);
    expect(events).not.toEqual([]);
    for (const event of events) {
      expect(EVENT_DATA[type].safeParse(event.data).error?.issues).toBeUndefined();
      for (const role of ROLES)
        for (const style of ['you', 'names'] as const) {
          const { what, why, section } = explainEvent(event, role, style);
          said(what);
          said(why);
          expect(IDS.has(section)).toBe(true);
          if (style === 'names') expect(`${what} ${why}`).not.toMatch(/\b[Yy]ou(r)?\b/);
        }
    }
  });

  it('a settled unit: what the seller got is the payment less the grid fee, to the millisatoshi', () => {
    const settled = SAMPLE_EVENTS.find(({ type }) => type === 'unitSettled') as Explained & {
      type: 'unitSettled';
    };
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 12n), fc.bigInt(0n, 10n ** 9n), (payment, fee) => {
        const delivery = { ...settled.data.delivery, paymentMsat: `${payment + fee}` };
        const { what } = explainEvent(
          { type: 'unitSettled', data: { delivery, gridFeeMsat: `${fee}` } },
          'producer',
        );
        const digits = what.replaceAll('\u202f', '');
        const [, whole, part = ''] = /you got (\d+)(?:\.(\d+))?sat/.exec(digits) ?? [];
        expect(BigInt(`${whole}${part.padEnd(3, '0')}`)).toBe(payment);
      }),
    );
  });
});

describe('every cause', () => {
  it.each(CAUSE_CODES)('%s is said in a sentence with a way out, with its values and without', (code) => {
    const values = {
      n: '3',
      unit: '7',
      id: '2',
      reason: 'badSignature',
      feeSat: '100',
      error: 'outOfTurn n=1',
    };
    for (const each of [values, {}]) {
      const { what, wayOut, section } = explainCause({ code, values: each });
      said(what);
      said(wayOut);
      expect(IDS.has(section)).toBe(true);
    }
  });

  it('whatever a node or a peer writes as a reason: something is said of it', () => {
    fc.assert(
      fc.property(fc.string(), (line) => {
        expect(explainLine(line).what).not.toBe('');
        expect(explainCause({ code: line, values: {} }).wayOut).not.toBe('');
      }),
    );
  });
});

describe('every error', () => {
  it.each(Object.keys(ERRORS) as ErrorName[])('%s of a node has a way out', (name) => {
    const { what, wayOut } = problemOf(new RpcError({ code: 1, message: 'm', data: { name } }));
    said(what);
    said(wayOut);
  });

  it.each(Object.keys(LAB_ERRORS))('%s of the laboratory has a way out', (name) => {
    const data = { name, role: 'producer', n: '4', most: 7, reason: 'it is so' };
    const { what, wayOut } = problemOf(new RpcError({ code: 1, message: 'm', data }));
    said(what);
    said(wayOut);
    if (!(name in ERRORS)) expect(what).not.toBe(problemOf(new RpcError({ code: 1, message: '' })).what);
  });

  it.each(['unreachable', 'lost', 'timeout', 'closed', 'badAnswer'] as const)('no answer: %s', (code) => {
    said(problemOf(new RpcConnectionError(code, 'm')).wayOut);
  });

  it('a refusal of a channel is said by its code', () => {
    const data = { name: 'refused', code: 'feeRateTooLow', values: { feeRate: '500', least: '1000' } };
    expect(problemOf(new RpcError({ code: 1, message: 'm', data })).what).toBe(
      '0.5 sat/vB is too low: 1 sat/vB is the least.',
    );
  });
});

it('states, spends, ways and findings: every one has its words, and names a section that is there', () => {
  expect(Object.keys(STATE_TEXTS).sort()).toEqual([...CHANNEL_STATES].sort());
  for (const { what, section } of Object.values(STATE_TEXTS)) {
    said(what);
    expect(IDS.has(section)).toBe(true);
  }
  for (const { why, section } of [...Object.values(SPEND_KINDS), ...Object.values(WAYS)]) {
    said(why);
    expect(IDS.has(section)).toBe(true);
  }
  expect(Object.values(FINDINGS)).not.toContain('');
});
