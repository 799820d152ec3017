import type { ControlProps, FieldProps } from './Field.tsx';
import { Field } from './Field.tsx';

export interface InputProps extends Omit<FieldProps, 'children'> {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly type?: 'text' | 'password';
  readonly unit?: string;
  /** `numeric`: a phone shows digits; `decimal`: with a point. */
  readonly mode?: 'text' | 'numeric' | 'decimal';
  readonly placeholder?: string;
  readonly rows?: number;
  readonly mono?: boolean;
}

/** A field of text. Nothing that is typed is completed, corrected or remembered by the browser. */
export function Input({
  value,
  onInput,
  type = 'text',
  unit,
  mode = 'text',
  placeholder,
  rows,
  mono,
  ...field
}: InputProps) {
  const props = (control: ControlProps) => ({
    ...control,
    class: mono === true ? 'input mono' : 'input',
    value,
    placeholder: placeholder ?? '',
    inputMode: mode,
    autoComplete: 'off',
    autoCapitalize: 'off' as const,
    spellcheck: false,
    onInput: (event: { readonly currentTarget: { readonly value: string } }) =>
      onInput(event.currentTarget.value),
  });
  return (
    <Field {...field}>
      {(control) =>
        rows === undefined ? (
          <span class="input-row">
            {type === 'password' ? (
              <input {...props(control)} type="password" />
            ) : (
              <input {...props(control)} type="text" />
            )}
            {unit !== undefined && <span class="unit">{unit}</span>}
          </span>
        ) : (
          <textarea {...props(control)} rows={rows} />
        )
      }
    </Field>
  );
}

export interface SelectProps<T extends string> extends Omit<FieldProps, 'children'> {
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly text: string }[];
  readonly onChange: (value: T) => void;
}

export function Select<T extends string>({ value, options, onChange, ...field }: SelectProps<T>) {
  return (
    <Field {...field}>
      {(control) => (
        <select
          {...control}
          class="input"
          value={value}
          onChange={(event) => onChange(event.currentTarget.value as T)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
