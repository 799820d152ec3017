import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Attacker } from './attacker.ts';
import { ATTACKS } from './attacks/index.ts';
import { COALITION_NAMES } from './coalition.ts';
import { documented, readMeasured, withTables } from './document.ts';
import { MODES } from './fixture.ts';
import { type Ground, startGround } from './ground.ts';
import { NotOurs } from './keyring.ts';
import { runTrial, trialName, trialsOf } from './run.ts';
import { beyondBounds, renderTables } from './table.ts';
import { ThreatWorld } from './world.ts';

/** Trials that run with the tests; all of them run with `npm run threat-model`. */
const SAMPLE: readonly string[] = [
  'A afterHeight proposed open-own-utility-A',
  'A afterHeight opening silent-trader-A',
  'A afterHeight idle early-A',
  'A afterHeight idle revoked-1-A',
  'A afterHeight idle stop-accept_update-A',
  'A afterHeight idle lie-ahead-A',
  'A immediate idle revoked-2-A',
  'B afterHeight refused no-preimage-B',
  'B afterHeight idle old-store-B',
  'B immediate idle revoked-1-B',
  'B immediate away revoked-1-B',
  'U afterHeight delivered silent-U',
  'U afterHeight idle proved-1-B',
  'U immediate idle proved-1-A',
  'U immediate attested take-attested-U',
  'AU afterHeight idle sign-early-AU',
  'AU afterHeight awayPastT sign-away-AU',
  'AU immediate idle sign-away-AU',
  'BU afterHeight ordered false-attest-BU',
  'BU afterHeight afterT sign-away-BU',
  'BU immediate idle sign-away-BU',
  'AB afterHeight refused sign-away-AB',
  'AB immediate idle sign-away-AB',
];

const ALL = trialsOf(ATTACKS, COALITION_NAMES, MODES);

/** For a machine that does ten other things. */
const PATIENCE_MS = 600_000;

describe('coalitions that attack a channel on a real node', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await startGround();
  });
  afterAll(() => ground.stop());

  it(
    'a sample of all attacks: each takes what the last whole run measured, and what must be refused is refused',
    async () => {
      const trials = ALL.filter((trial) => SAMPLE.includes(trialName(trial)));
      expect(trials.map(trialName).sort()).toEqual([...SAMPLE].sort());
      const results = await ground.run(trials.map((trial) => () => runTrial(ground, trial)));
      const measured = readMeasured();
      for (const { attack, damage, attempts, ...rest } of results) {
        const name = trialName({ attack, ...rest });
        const { total, gained } = damage;
        expect([name, { lost: Number(total), gained: Number(gained) }]).toEqual([name, measured[name]]);
        const taken = attempts.filter(({ accepted }) => accepted).map(({ what }) => what);
        if (attack.refused) expect([name, taken]).toEqual([name, []]);
      }
    },
    PATIENCE_MS,
  );

  it(
    'an attacker asked for an honest party’s key: has none, and says so',
    async () => {
      const [found] = await ground.run([
        async () => {
          const world = await ThreatWorld.start(ground, 'afterHeight');
          try {
            await world.openUnconfirmed();
            const attacker = await Attacker.take(world, ['consumer']);
            const { producer, utility, consumer } = attacker.contract.keys;
            const keys = [...Object.values(producer), ...Object.values(utility)];
            for (const key of keys) expect(() => attacker.keys.secretOf(key)).toThrow(NotOurs);
            const everything: Attacker = attacker;
            expect(() => everything.heard('producer')).toThrow(NotOurs);
            expect(() => everything.signer('utility')).toThrow(NotOurs);
            return Object.values(consumer).every((key) => attacker.keys.has(key));
          } finally {
            await world.stop();
          }
        },
      ]);
      expect(found).toBe(true);
    },
    PATIENCE_MS,
  );
});

describe('docs/threat-model.md', () => {
  const text = readFileSync(documented, 'utf8');

  it('the last whole run: of every attack that there is, and of none that is gone', () => {
    expect(Object.keys(readMeasured()).sort()).toEqual(ALL.map(trialName).sort());
  });

  it('the last whole run: no coalition took more than the document says', () => {
    expect(beyondBounds(readMeasured())).toEqual([]);
  });

  it('its tables: those of the last whole run', () => {
    expect(withTables(text, renderTables(readMeasured()))).toBe(text);
  });

  it('every attack: named, with what is in its way', () => {
    const names = new Set(ATTACKS.map(({ name }) => name.replace(/-[ABU]+$/, '')));
    expect([...names].filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
});
