import { fromJson } from '../../src/base/json.ts';
import { ROLES } from '../../src/base/role.ts';
import { checkedStore } from '../../src/store/checked.ts';
import { startArena } from '../soak/arena.ts';
import { openChannel, perform } from '../soak/perform.ts';
import { planOf } from '../soak/schedule.ts';
import { simulatedSoakChain } from '../soak/soakChain.ts';
import type { Decoder } from './decoder.ts';
import { SEALED_DECODERS } from './sealedDecoders.ts';
import { textDecoders } from './textDecoders.ts';
import { transportDecoders } from './transportDecoders.ts';
import { WIRE_DECODERS } from './wireDecoders.ts';

/** Everything in the program that reads bytes or text from outside. */
export async function allDecoders(): Promise<readonly Decoder[]> {
  return [...WIRE_DECODERS, ...SEALED_DECODERS, ...transportDecoders(), ...textDecoders(await storedTexts())];
}

/** What the nodes of a short schedule have on their disks. */
async function storedTexts(): Promise<readonly string[]> {
  const plan = planOf(1, 0);
  const arena = await startArena({ ...plan.setting, hostile: [] }, simulatedSoakChain());
  const texts: string[] = [];
  try {
    await openChannel(arena);
    await perform(arena, { type: 'sell', seller: 'producer', units: 3 });
    await perform(arena, { type: 'buy', buyer: 'consumer', units: 2 });
    for (const role of ROLES) {
      const store = checkedStore(arena.parties[role].store.snapshot());
      for (const { state, monitor } of await store.channels())
        texts.push(state, ...(monitor === null ? [] : [monitor]));
      for (const name of ['meters', 'wallet', 'position'])
        texts.push(...[(await store.value(name)) ?? []].flat());
    }
  } finally {
    await arena.stop();
  }
  return texts.filter((text) => fromJson(text).ok);
}
