import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import type { Problem } from '../text/problems.ts';

/** What a control needs to belong to its field. */
export interface ControlProps {
  readonly id: string;
  readonly 'aria-invalid'?: 'true';
  readonly 'aria-describedby'?: string;
}

export interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  /** Said next to the field, with the way out. */
  readonly error?: string | Problem | null | undefined;
  readonly children: (control: ControlProps) => ComponentChildren;
}

/** A control with its label, what helps to fill it in, and what is wrong with what is in it. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const hintId = `${id}-hint`;
  const errorId = `${id}-error`;
  const described = [hint === undefined ? '' : hintId, error ? errorId : ''].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        ...(error ? { 'aria-invalid': 'true' } : {}),
        ...(described === '' ? {} : { 'aria-describedby': described }),
      })}
      {hint !== undefined && (
        <p id={hintId} class="hint">
          {hint}
        </p>
      )}
      {/* always there, so that a screen reader hears it appear */}
      <p id={errorId} class="field-error" role="alert">
        {error ? typeof error === 'string' ? error : <Said {...error} /> : null}
      </p>
    </div>
  );
}

function Said({ what, wayOut }: Problem) {
  return (
    <>
      {what} <span class="way-out">{wayOut}</span>
    </>
  );
}
