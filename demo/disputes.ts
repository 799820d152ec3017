import { expectThat, mineUntil, tell } from './acts.ts';
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

/** Mines until the verdict is in a block, and says what is in it. */
export async function endByVerdict(scene: Scene, claimant: 'consumer' | 'producer'): Promise<void> {
  const { stage } = scene;
  const published = () => stage.transactions.some(({ purpose }) => purpose === 'penalty');
  await mineUntil(scene, published, 'the verdict is on the chain');
  const { outcomes, findings } = stage.heard(claimant, 'verdict').statement;
  const [outcome] = outcomes;
  expectThat(outcome !== undefined, 'the verdict says what became of the unit');
  const decided = outcome.outcome === 'delivered' ? 'it was delivered' : 'it was not delivered';
  const noted = findings.map(
    ({ against, code }) => `; against the ${against} it notes ${IN_WORDS[code] ?? code}`,
  );
  tell(
    scene,
    `The verdict on unit ${outcome.unit + 1n}, signed by the utility: ${decided}${noted.join('')}.`,
  );
}

const IN_WORDS: { readonly [code: string]: string } = { forgedReading: 'a forged reading' };
