import type { Problem } from '../../text/problem.ts';
import { Input, Select } from '../../ui/Input.tsx';
import { type KnownParty, shortUri } from './parties.ts';

const OTHER = '';

/** Chooses a node: one that is known, or one whose address is pasted. */
export function PartyField({
  label,
  known,
  value,
  error,
  onChange,
}: {
  readonly label: string;
  readonly known: readonly KnownParty[];
  readonly value: string;
  readonly error: string | Problem | undefined;
  readonly onChange: (uri: string) => void;
}) {
  const isKnown = known.some(({ uri }) => uri === value);
  return (
    <>
      {known.length > 0 && (
        <Select
          label={label}
          value={isKnown ? value : OTHER}
          options={[
            ...known.map(({ uri, role, connected }) => ({
              value: uri,
              text: `${role === null ? '' : `this page’s ${role}: `}${shortUri(uri)}${connected ? ', connected' : ''}`,
            })),
            { value: OTHER, text: 'another node: paste its address' },
          ]}
          error={isKnown ? error : null}
          onChange={onChange}
        />
      )}
      {!isKnown && (
        <Input
          label={known.length > 0 ? `${label}’s address` : label}
          hint="nodeId@host:port, as its owner gives it to you"
          mono
          value={value}
          error={error}
          onInput={onChange}
        />
      )}
    </>
  );
}
