import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Attacker } from './attacker.ts';
import { ATTACKS } from './attacks/index.ts';
import { boundOf } from './bounds.ts';
import { COALITION_NAMES } from './coalition.ts';
import { MODES } from './fixture.ts';
import { type Ground, startGround } from './ground.ts';
import { NotOurs } from './keyring.ts';
import { runTrial, type Trial, trialName, trialsOf } from './run.ts';
import { STAGES } from './stages.ts';
import { ThreatWorld } from './world.ts';

/** A few trials of each coalition; all of them run with `npm run threat-model`. */
const SAMPLE: readonly string[] = [
  'A afterHeight idle early-A',
  'A afterHeight idle stop-accept_update-A',
  'A immediate idle revoked-1-A',
  'B afterHeight refused no-preimage-B',
  'B immediate idle sign-alone-B',
  'U afterHeight delivered silent-U',
  'U immediate attested take-attested-U',
  'AU afterHeight idle sign-early-AU',
  'AU immediate idle sign-away-AU',
  'BU afterHeight ordered false-attest-BU',
  'BU immediate idle sign-away-BU',
  'AB afterHeight refused sign-away-AB',
  'AB immediate idle sign-away-AB',
];

/** For a machine that does ten other things. */
const PATIENCE_MS = 600_000;

describe('coalitions that attack a channel on a real node', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await startGround();
  });
  afterAll(() => ground.stop());

  it(
    'a sample of all attacks: none takes more than section 10 says',
    async () => {
      const all = trialsOf(ATTACKS, COALITION_NAMES, MODES);
      const trials = all.filter((trial) => SAMPLE.includes(trialName(trial)));
      expect(trials.map(trialName).sort()).toEqual([...SAMPLE].sort());
      for (const { attack, ...result } of await ground.run(
        trials.map((trial) => () => runTrial(ground, trial)),
      )) {
        const trial: Trial = { attack, ...result };
        const bound = boundOf(trial.coalition, trial.mode, trial.stage.name);
        expect(result.damage.total <= bound.sat, `${trialName(trial)}: ${result.damage.total}`).toBe(true);
        if (attack.refused)
          expect(
            result.attempts.map(({ accepted }) => accepted),
            trialName(trial),
          ).not.toContain(true);
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
            await STAGES.find(({ name }) => name === 'opening')?.reach(world, ['consumer']);
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
