import { allChannels, type ChannelSummary, channelNumber } from '../channels.ts';
import { connectDaemon } from '../connection.ts';
import type { Daemon } from '../daemon.ts';
import type { Io } from '../io.ts';
import { printable } from '../output/printable.ts';
import { commandTree } from '../program.ts';
import type { GlobalFlags } from '../session.ts';
import { type Candidate, completionOf, type ValueKind } from './candidates.ts';

/** Answers a shell: a candidate a line, and last what else to offer. Never fails, never asks: it is a keystroke. */
export async function complete(words: readonly string[], io: Io): Promise<number> {
  const program = commandTree({ io, action: () => {} });
  const found = completionOf(program, words);
  if (found.type === 'candidates') answer(io, found.candidates, ':none');
  else if (found.kind === 'file') answer(io, [], ':files');
  else if (found.kind === 'dir') answer(io, [], ':dirs');
  else answer(io, await asked(found.kind, words, io).catch(() => []), ':none');
  return 0;
}

function answer({ stdout }: Io, candidates: readonly Candidate[], directive: string): void {
  const lines = candidates.map(({ value, about }) =>
    about === undefined ? printable(value) : `${printable(value)}\t${printable(about)}`,
  );
  stdout.write(`${[...lines, directive].join('\n')}\n`);
}

/** What the daemon knows, if it runs. */
async function asked(kind: ValueKind, words: readonly string[], io: Io): Promise<readonly Candidate[]> {
  if (kind !== 'channel' && kind !== 'peer') return [];
  const daemon = await connectDaemon(flagsIn(words, io.env.HOME ?? '~'), io);
  try {
    const all = kind === 'channel' ? (await allChannels(daemon)).map(channelCandidate) : await peers(daemon);
    return all.filter(({ value }) => value.startsWith(words.at(-1) ?? ''));
  } finally {
    await daemon.close();
  }
}

function channelCandidate({ channel, role, state }: ChannelSummary): Candidate {
  return { value: channelNumber(channel), about: `${role}, ${state}` };
}

async function peers(daemon: Daemon): Promise<readonly Candidate[]> {
  const { peers: known } = await daemon.call('listPeers', {});
  return known.map(({ nodeId, connected }) => ({
    value: nodeId,
    about: connected ? 'connected' : 'not connected',
  }));
}

/** Which daemon the command line is about, as far as it has been typed. A shell hands words over unexpanded. */
function flagsIn(words: readonly string[], home: string): GlobalFlags {
  const typed = words.filter((word) => word !== '=');
  const given = (flag: string) => {
    const joined = typed.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1);
    const value = joined ?? (typed.includes(flag) ? typed[typed.indexOf(flag) + 1] : undefined);
    return value?.replace(/^~(?=\/|$)/, home);
  };
  const [dataDir, rpc, tokenFile] = [given('--data-dir'), given('--rpc'), given('--token-file')];
  return {
    json: false,
    color: false,
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(rpc === undefined ? {} : { rpc }),
    ...(tokenFile === undefined ? {} : { tokenFile }),
  };
}
