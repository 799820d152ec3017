import { decodeBackup, encodeBackup } from '../../src/backup/backup.ts';
import { fromJson } from '../../src/base/json.ts';
import { ROLES } from '../../src/base/role.ts';
import { checkedStore } from '../../src/store/checked.ts';
import { startArena } from '../soak/arena.ts';
import { openChannel, perform } from '../soak/perform.ts';
import { planOf } from '../soak/schedule.ts';
import { simulatedSoakChain } from '../soak/soakChain.ts';
import { canonical, type Decoder } from './decoder.ts';
import { textDecoders } from './textDecoders.ts';
import { WIRE_DECODERS } from './wireDecoders.ts';

/** Everything in the program that reads bytes or text from outside. */
export async function allDecoders(): Promise<readonly Decoder[]> {
  return [...WIRE_DECODERS, backup(), ...textDecoders(await storedTexts())];
}

const CHAIN = '0f'.repeat(32);
const KEY = new Uint8Array(32).fill(1);

function backup(): Decoder {
  const empty = { chainHash: CHAIN, birthday: 7, nextChannel: 3, addresses: [1, 2, 3, 4], channels: [] };
  return canonical(
    'backup',
    () => [encodeBackup(empty, KEY)],
    (bytes) => decodeBackup(bytes, KEY, CHAIN),
    (value) => encodeBackup(value, KEY),
  );
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
