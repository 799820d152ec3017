import type { ComponentChildren } from 'preact';

export interface FormProps {
  readonly onSubmit: () => void;
  readonly children: ComponentChildren;
}

/** Fields that are filled in together. The page says what is wrong in them, not the browser. */
export function Form({ onSubmit, children }: FormProps) {
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}
