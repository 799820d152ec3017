import type { ComponentChildren } from 'preact';

export interface ButtonProps {
  readonly children: ComponentChildren;
  /** `primary`: what one came for. `danger`: what cannot be undone. */
  readonly kind?: 'primary' | 'plain' | 'danger' | 'quiet';
  readonly busy?: boolean;
  readonly disabled?: boolean;
  readonly onClick?: () => void;
  readonly submit?: boolean;
  /** The name for screen readers, where the children are no text. */
  readonly label?: string;
  readonly expanded?: boolean;
  readonly pressed?: boolean;
}

export function Button({
  children,
  kind = 'plain',
  busy = false,
  disabled = false,
  onClick,
  submit = false,
  label,
  expanded,
  pressed,
}: ButtonProps) {
  return (
    <button
      type={submit ? 'submit' : 'button'}
      class={`button button-${kind}`}
      disabled={disabled || busy}
      aria-busy={busy}
      aria-label={label}
      aria-expanded={expanded}
      aria-pressed={pressed}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
