import type { ComponentChildren } from 'preact';
import type { Problem } from '../text/problems.ts';

export interface NoticeProps {
  readonly tone?: 'info' | 'good' | 'warn' | 'bad';
  readonly children: ComponentChildren;
}

/** Something that one should know. */
export function Notice({ tone = 'info', children }: NoticeProps) {
  return (
    <div class={`notice notice-${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      {children}
    </div>
  );
}

/** A call that failed, where it was asked for. */
export function Failure({ problem }: { readonly problem: Problem | null }) {
  if (problem === null) return null;
  return (
    <Notice tone="bad">
      <p>{problem.what}</p>
      <p class="way-out">{problem.wayOut}</p>
    </Notice>
  );
}
