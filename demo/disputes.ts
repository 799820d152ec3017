import { type VerdictStatement, verifyEvidence } from '../src/index.ts';
import { expectThat, mineUntil, tell } from './acts.ts';
import { thousands } from './format.ts';
import type { Scene } from './scene.ts';

/** Named by whoever asks for the verdict; the reserve that the consumer set aside pays for it. */
export const VERDICT_FEE_SAT = 500n;

/** Asks the utility to decide how the channel ends. Resolves with the height until which the other side may object. */
export async function askForVerdict({ stage }: Scene, claimant: 'consumer' | 'producer'): Promise<number> {
  await stage.channel(claimant).requestArbitration(VERDICT_FEE_SAT);
  await stage.quiet();
  const { state } = stage.channel('utility');
  expectThat(state.type === 'attesting' && state.arbitration !== null, 'the case is open');
  return state.arbitration.until;
}

/** The producer takes a reading that its meter has signed and writes the missing unit into it. */
export async function showForgedReading({ stage, week, units }: Scene): Promise<void> {
  const [newest] = week.slots.flatMap((slot) => slot.units).slice(units - 1, units);
  expectThat(newest !== undefined, 'there is a true reading');
  const { body, signature } = await stage.nodes.producer.readMeter(newest.registers);
  const forged = { ...body, exportWh: body.exportWh + BigInt(week.unitEnergyWh) };
  await stage.channel('producer').sendReading({ body: forged, signature });
  await stage.quiet();
}

/**
 * Mines until the verdict is in a block, says what is in it, and judges it again: from the evidence file of the
 * utility alone, with no node and no chain. Resolves with that file.
 */
export async function endByVerdict(scene: Scene): Promise<Uint8Array> {
  const { stage } = scene;
  const published = () => stage.transactions.some(({ purpose }) => purpose === 'penalty');
  await mineUntil(scene, published, 'the verdict is on the chain');
  tell(scene, verdictLine(stage.heard('producer', 'verdict').statement));
  const file = await stage.channel('utility').exportEvidence();
  const report = verifyEvidence(file);
  expectThat(report.ok && report.value.signed.answer === 'right', 'the verdict is what the rules give');
  expectThat(report.value.missing.length === 0, 'the evidence is complete');
  const size = thousands(BigInt(file.length));
  tell(
    scene,
    `What it rests on is a file of ${size} bytes. Judged again from that file alone: the verdict is right.`,
  );
  return file;
}

function verdictLine({ outcomes: [outcome], findings }: VerdictStatement): string {
  expectThat(outcome !== undefined, 'the verdict says what became of the unit');
  const decided = outcome.outcome === 'delivered' ? 'was delivered' : 'was not delivered';
  const noted = findings.map(({ against, code }) => `, and the ${against} showed ${IN_WORDS[code] ?? code}`);
  return `The verdict, signed by the utility: unit ${outcome.unit + 1n} ${decided}${noted.join('')}.`;
}

const IN_WORDS: { readonly [code: string]: string } = { forgedReading: 'a forged reading' };
