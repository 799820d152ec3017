import { err, ok, type Result } from '../base/result.ts';
import { type OutPoint, outpointKey, type Txid } from '../tx/transaction.ts';
import type { Labels, WalletState } from './state.ts';

/** What a label is for. */
export type LabelTarget =
  | { readonly address: string }
  | { readonly txid: Txid }
  | { readonly outpoint: OutPoint };

/** Sets a label; the empty text removes it. */
export function setLabel(state: WalletState, target: LabelTarget, label: string): WalletState {
  if ('address' in target) return withLabel(state, 'addresses', target.address, label);
  if ('txid' in target) return withLabel(state, 'transactions', target.txid, label);
  return withLabel(state, 'coins', outpointKey(target.outpoint), label);
}

function withLabel(state: WalletState, kind: keyof Labels, reference: string, label: string): WalletState {
  const { [reference]: _, ...others } = state.labels[kind];
  const entries = label === '' ? others : { ...others, [reference]: label };
  return { ...state, labels: { ...state.labels, [kind]: entries } };
}

/** The BIP329 names of the kinds of labels, with what their references look like. */
const KINDS = {
  addr: { kind: 'addresses', reference: /^[a-zA-Z0-9]{14,100}$/ },
  tx: { kind: 'transactions', reference: /^[0-9a-f]{64}$/ },
  output: { kind: 'coins', reference: /^[0-9a-f]{64}:\d{1,10}$/ },
} as const;

/** All labels as BIP329 writes them: one JSON object per line. */
export function exportLabels({ labels }: WalletState): string {
  return Object.entries(KINDS)
    .flatMap(([type, { kind }]) => Object.entries(labels[kind]).map(([ref, label]) => ({ type, ref, label })))
    .map((record) => `${JSON.stringify(record)}\n`)
    .join('');
}

/**
 * The state with the labels of a BIP329 text. Kinds that this wallet has no place for are passed over, as
 * BIP329 allows; a line that is no label record refuses the whole text (`line` counts from 1).
 */
export function importLabels(
  state: WalletState,
  text: string,
): Result<WalletState, { readonly code: 'malformedLabel'; readonly line: number }> {
  let next = state;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const record = readRecord(line);
    if (record === undefined) return err({ code: 'malformedLabel', line: index + 1 });
    const { type, ref, label } = record;
    if (!isKind(type) || label === undefined) continue;
    const { kind, reference } = KINDS[type];
    if (!reference.test(ref)) return err({ code: 'malformedLabel', line: index + 1 });
    next = withLabel(next, kind, ref, label);
  }
  return ok(next);
}

function isKind(type: string): type is keyof typeof KINDS {
  return Object.hasOwn(KINDS, type);
}

interface LabelRecord {
  readonly type: string;
  readonly ref: string;
  readonly label: string | undefined;
}

function readRecord(line: string): LabelRecord | undefined {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof record !== 'object' || record === null || !('type' in record) || !('ref' in record))
    return undefined;
  const { type, ref } = record;
  const label = 'label' in record ? record.label : undefined;
  if (typeof type !== 'string' || typeof ref !== 'string') return undefined;
  return label === undefined || typeof label === 'string' ? { type, ref, label } : undefined;
}
