import { effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { ROLES, type Role } from '../../../../src/base/role.ts';
import type { RpcEvent } from '../../../../src/client/index.ts';
import { stage } from '../../lab/laboratory.ts';
import { nodes } from '../../nodes/nodes.ts';

/** What the chain did: from one height to another, lower after a reorganisation. */
export interface HeightStep {
  readonly from: number;
  readonly to: number;
}

/** An experiment, and what the three nodes said until the next one. */
export interface Entry {
  readonly id: number;
  readonly title: string;
  /** Milliseconds, by the clock of the browser. */
  readonly at: number;
  /** What came of it; null while it is done. */
  readonly result: string | null;
  readonly failed: boolean;
  readonly heights: readonly HeightStep[];
  /** In the order in which each node told it; the first and the newest ones. */
  readonly told: Readonly<Record<Role, readonly RpcEvent[]>>;
  /** How many were told, also those that are not kept here. */
  readonly count: Readonly<Record<Role, number>>;
}

const MOST_ENTRIES = 40;
/** Of each party, in each entry. */
const MOST_TOLD = 60;
const FLUSH_MS = 100;

const written: Signal<readonly Entry[]> = signal([]);
/** Newest first; kept as long as the page is open. */
export const entries: ReadonlySignal<readonly Entry[]> = written;

let nextId = 1;
let lastHeight: number | null = null;
const waiting: { readonly role: Role; readonly event: RpcEvent }[] = [];
let flushing: ReturnType<typeof setTimeout> | undefined;

const NOBODY = { consumer: 0, producer: 0, utility: 0 };

/** Begins an entry: from here on what the nodes say belongs to it. Returns the way to say what came of it. */
export function beginEntry(title: string): (result: string, failed?: boolean) => void {
  listen();
  flush();
  const id = nextId++;
  const entry: Entry = {
    id,
    title,
    at: Date.now(),
    result: null,
    failed: false,
    heights: [],
    told: { consumer: [], producer: [], utility: [] },
    count: NOBODY,
  };
  written.value = [entry, ...written.value].slice(0, MOST_ENTRIES);
  return (result, failed = false) => change(id, (each) => ({ ...each, result, failed }));
}

function change(id: number, to: (entry: Entry) => Entry): void {
  written.value = written.value.map((each) => (each.id === id ? to(each) : each));
}

/** Hears all nodes and the chain, once for the page. */
let listening = false;
function listen(): void {
  if (listening) return;
  listening = true;
  lastHeight = stage.value?.height ?? null;
  for (const node of nodes.value)
    node.onEvent((event) => {
      waiting.push({ role: node.role, event });
      flushing ??= setTimeout(flush, FLUSH_MS);
    });
  effect(() => {
    const height = stage.value?.height;
    if (height === undefined || height === lastHeight) return;
    const from = lastHeight;
    lastHeight = height;
    if (from !== null) atHeight({ from, to: height });
  });
}

function atHeight(step: HeightStep): void {
  const [newest] = written.peek();
  if (newest !== undefined) change(newest.id, (each) => ({ ...each, heights: joined(each.heights, step) }));
}

/** Steps in the same direction are one. */
function joined(heights: readonly HeightStep[], step: HeightStep): readonly HeightStep[] {
  const last = heights.at(-1);
  const goesOn = last !== undefined && last.to > last.from === step.to > step.from;
  return goesOn ? [...heights.slice(0, -1), { from: last.from, to: step.to }] : [...heights, step];
}

function flush(): void {
  clearTimeout(flushing);
  flushing = undefined;
  const heard = waiting.splice(0);
  const [newest] = written.peek();
  if (newest === undefined || heard.length === 0) return;
  change(newest.id, (entry) => {
    const told = { ...entry.told };
    const count = { ...entry.count };
    for (const role of ROLES) {
      const own = heard.filter((each) => each.role === role).map(({ event }) => event);
      count[role] += own.length;
      told[role] = kept([...told[role], ...own]);
    }
    return { ...entry, told, count };
  });
}

function kept(events: readonly RpcEvent[]): readonly RpcEvent[] {
  if (events.length <= MOST_TOLD) return events;
  return [...events.slice(0, MOST_TOLD / 2), ...events.slice(-MOST_TOLD / 2)];
}
