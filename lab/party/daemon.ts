import { createWriteStream, type WriteStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeBackup } from '../../src/backup/backup.ts';
import { toHex } from '../../src/base/bytes.ts';
import { invariant } from '../../src/base/invariant.ts';
import { traderSigner } from '../../src/channel/step.ts';
import { tinySecp256k1 } from '../../src/crypto/tiny.ts';
import { type Config, SETTINGS } from '../../src/daemon/config/schema.ts';
import { type Daemon, startDaemon } from '../../src/daemon/daemon.ts';
import { createLog } from '../../src/daemon/log.ts';
import { createSeed, newPhrase, openSeed, seedPath } from '../../src/daemon/seed/seed.ts';
import type { ChannelHandle } from '../../src/node/handle.ts';
import { signerFor } from '../../src/node/signers.ts';
import { systemClock } from '../../src/transport/clock.ts';
import { encodeTx } from '../../src/tx/transaction.ts';
import { createKeychain, type Keychain } from '../../src/wallet/hd.ts';
import { seedFromMnemonic } from '../../src/wallet/mnemonic.ts';
import type { PartyCalls, PartyPlace, PartyStart } from './calls.ts';
import { KeptCommitments } from './kept.ts';

/** Hash of regtest's block 0, display order. */
const CHAIN_HASH = '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206';
/** Most of its coins that a party puts into a channel which another proposes, satoshi. */
const MOST_CONTRIBUTION_SAT = 100_000_000;
/** The sun of the demo may move much faster than the clock: a reading's time is the clock's. Wh per hour. */
export const CERTIFIED_WH_PER_HOUR = 1_000_000_000;
/** A party that was switched off is called again this soon, milliseconds. */
const LONGEST_PAUSE_MS = 1_000;

interface Unlocked {
  readonly phrase: string;
  readonly keys: Keychain;
}

/** One party of the demo: a daemon as `wattlaned` starts it, and what a cheat would keep beside it. */
export class PartyDaemon implements PartyCalls {
  readonly #kept = new KeptCommitments();
  #unlocked: Unlocked | undefined;
  #daemon: Daemon | undefined;
  #log: WriteStream | undefined;

  async unlock({ dataDir, passphrase, words }: Parameters<PartyCalls['unlock']>[0]) {
    const phrase = await phraseIn(seedPath(dataDir), passphrase, words);
    const seed = seedFromMnemonic(phrase);
    if (!seed.ok) throw new Error(seed.error.code);
    const keys = createKeychain(seed.value, 'regtest');
    this.#unlocked = { phrase, keys };
    return { nodeId: toHex(keys.channelPublicKey('nodeIdentity', 0)) };
  }

  async start(start: PartyStart): Promise<PartyPlace> {
    const unlocked = this.#unlocked;
    invariant(unlocked !== undefined, 'the seed is unlocked');
    const config = await configOf(start, unlocked);
    this.#log = createWriteStream(join(start.dataDir, 'wattlaned.log'), { flags: 'a', mode: 0o600 });
    const log = createLog(config, { write: (line) => this.#log?.write(line) });
    const daemon = await startDaemon(
      config,
      { mnemonic: unlocked.phrase },
      { log, adapters: { clock: { now: systemClock.now, after: soon } } },
    );
    this.#daemon = daemon;
    for (const channel of daemon.node.channels()) this.#follow(channel);
    daemon.node.onChannel((channel) => this.#follow(channel));
    void daemon.ended.then(() => this.#end());
    return { address: daemon.address, rpcUrl: daemon.rpcUrl, backup: config.restoreBackup !== undefined };
  }

  listKept() {
    return this.#kept.list();
  }

  commitment({ trader, channel, n }: Parameters<PartyCalls['commitment']>[0]): string | null {
    const kept = this.#kept.find(channel, n);
    const keys = this.#unlocked?.keys;
    if (kept === undefined || keys === undefined) return null;
    const signer = traderSigner({ signer: signerFor(tinySecp256k1, keys, trader, Number(channel)) });
    const { ledger, remoteSignature } = kept.held;
    return toHex(encodeTx(signer.completeCommitment(kept.contract, ledger, remoteSignature)));
  }

  async stop(): Promise<void> {
    if (this.#daemon === undefined) this.#end();
    else await this.#daemon.stop();
  }

  /** Looks at each state that the channel stores, to its end. */
  #follow(channel: ChannelHandle): void {
    if (channel.role === 'utility') return;
    const look = channel.until((state) => {
      this.#kept.see(channel.key, state);
      return false;
    });
    look.catch(() => {}); // it has ended
  }

  /** Once the answer to `stop` is on its way. */
  #end(): void {
    const exit = () => setImmediate(() => process.exit(0));
    if (this.#log === undefined) exit();
    else this.#log.end(exit);
  }
}

/** Of the seed that is there, or that is made. */
async function phraseIn(path: string, passphrase: string, words: string | undefined): Promise<string> {
  const opened = await openSeed(path, passphrase);
  if (opened.ok) return opened.value;
  if (opened.error.code !== 'noSeed') throw new Error(opened.error.code);
  const phrase = words ?? newPhrase();
  const made = await createSeed(path, { phrase, passphrase });
  if (!made.ok) throw new Error(made.error.code);
  return phrase;
}

async function configOf(start: PartyStart, { keys }: Unlocked): Promise<Config> {
  const { role, dataDir, chain, ports, origin, restore } = start;
  const backupFile = join(dataDir, 'channels.backup');
  const restoreBackup = restore && (await backupFits(backupFile, keys)) ? backupFile : undefined;
  // a backup of another seed would keep this one from starting
  if (restore && restoreBackup === undefined) await rm(backupFile, { force: true });
  const settings = SETTINGS.parse({
    role,
    listen: `127.0.0.1:${ports.peers}`,
    rpcListen: `127.0.0.1:${ports.rpc}`,
    rpcAllowedOrigins: origin,
    bitcoindCookieFile: chain.cookieFile,
    ...(chain.zmqAddress === undefined ? {} : { bitcoindZmq: chain.zmqAddress }),
    acceptContributionSat: MOST_CONTRIBUTION_SAT,
    certifiedCapacityWhPerHour: CERTIFIED_WH_PER_HOUR,
    ...(restore ? { birthday: 0 } : {}),
    ...(restoreBackup === undefined ? {} : { restoreBackup }),
  });
  return { ...settings, dataDir, bitcoindUrl: chain.url, backupFile };
}

async function backupFits(path: string, keys: Keychain): Promise<boolean> {
  const data = await readFile(path).catch(() => undefined);
  if (data === undefined) return false;
  return decodeBackup(Uint8Array.from(data), keys.channelSecret('backup', 0), CHAIN_HASH).ok;
}

function soon(ms: number, then: () => void): () => void {
  return systemClock.after(Math.min(ms, LONGEST_PAUSE_MS), then);
}
