import type { Command } from 'commander';
import type { Daemon } from './daemon.ts';
import type { Io } from './io.ts';
import { type Output, outputTo } from './output/output.ts';

/** What is said of every command, before or after its name. */
export interface GlobalFlags {
  readonly dataDir?: string;
  readonly rpc?: string;
  readonly tokenFile?: string;
  readonly json: boolean;
  readonly color: boolean;
}

/** One command that runs. */
export interface Session {
  readonly io: Io;
  readonly flags: GlobalFlags;
  readonly output: Output;
  /** Connects to the daemon, once. */
  daemon(): Promise<Daemon>;
}

/** What a command does. It takes what the command tree says that it is given: arguments in their order, then options. */
export type Handler = (session: Session, ...given: never[]) => Promise<void>;

/** What the verbs are built with. */
export interface Cli {
  readonly io: Io;
  /** The action of a command: gives `handler` its session, then the arguments and options that commander parsed. */
  action(command: Command, handler: Handler): void;
}

/** Adds a verb to the command tree. */
export type Verb = (program: Command, cli: Cli) => void;

export function sessionOf(io: Io, flags: GlobalFlags, daemon: () => Promise<Daemon>): Session {
  return { io, flags, output: outputTo(io, flags), daemon };
}
