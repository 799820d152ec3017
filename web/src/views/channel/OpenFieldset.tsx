import type { ComponentChildren } from 'preact';
import { Input, Select } from '../../ui/Input.tsx';
import type { OpenFields, OpenProblems } from './openForm.ts';
import { PartyField } from './PartyField.tsx';
import type { KnownParty } from './parties.ts';

export interface OpenFieldsetProps {
  readonly fields: OpenFields;
  readonly problems: OpenProblems;
  readonly known: { readonly producer: readonly KnownParty[]; readonly utility: readonly KnownParty[] };
  readonly onChange: (fields: OpenFields) => void;
}

/** The terms of a new channel. */
export function OpenFieldset({ fields, problems, known, onChange }: OpenFieldsetProps) {
  const set = (part: Partial<OpenFields>) => onChange({ ...fields, ...part });
  const amount = (field: 'consumerSat' | 'producerSat' | 'utilitySat', label: string, hint: string) => (
    <Input
      label={label}
      hint={hint}
      mode="numeric"
      unit="sat"
      value={fields[field]}
      error={problems[field]}
      onInput={(value) => set({ [field]: value })}
    />
  );
  const stake = fields.bond === 'stake';
  return (
    <div class="open-form">
      <Group title="With whom">
        <PartyField
          label="Producer"
          known={known.producer}
          value={fields.producer}
          error={problems.producer}
          onChange={(producer) => set({ producer })}
        />
        <PartyField
          label="Utility"
          known={known.utility}
          value={fields.utility}
          error={problems.utility}
          onChange={(utility) => set({ utility })}
        />
      </Group>
      <Group title="Who puts in what">
        {amount(
          'consumerSat',
          'You, the consumer',
          'What you can buy energy for. You get back what is left.',
        )}
        {amount(
          'producerSat',
          'The producer',
          'Its bond comes from this: lost if it sells and does not deliver.',
        )}
        {amount('utilitySat', 'The utility', 'Usually nothing.')}
      </Group>
      <Group title="How long, how safe">
        <Input
          label="Settled within"
          hint="By then all coins are back on the chain. 144 blocks are about a day."
          mode="numeric"
          unit="blocks"
          value={fields.settleIn}
          error={problems.settleIn}
          onInput={(settleIn) => set({ settleIn })}
        />
        <Select
          label="The producer’s bond"
          hint={
            stake
              ? 'All it put in stands behind each unit, so one unit is in flight at a time.'
              : 'A part of the price stands behind each unit, so several can be in flight. Price and bond of a unit together are at least 330 sat.'
          }
          value={fields.bond}
          options={[
            { value: 'stake', text: 'everything it put in' },
            { value: 'proportional', text: 'in proportion to each unit’s price' },
          ]}
          onChange={(bond) => set({ bond })}
        />
        {!stake && (
          <div class="pair">
            <Input
              label="Bond, of the price"
              mode="numeric"
              unit="%"
              value={fields.bondPercent}
              error={problems.bondPercent}
              onInput={(bondPercent) => set({ bondPercent })}
            />
            <Input
              label="Units in flight"
              mode="numeric"
              value={fields.inFlight}
              error={problems.inFlight}
              onInput={(inFlight) => set({ inFlight })}
            />
          </div>
        )}
        <Select
          label="The utility’s key counts"
          hint={
            fields.arbitration === 'immediate'
              ? 'It can end a dispute at once. You trust it as a referee: with one trader it could take the other’s coins.'
              : 'Until the settlement height only both traders together can spend. A dispute is decided after it.'
          }
          value={fields.arbitration}
          options={[
            { value: 'afterHeight', text: 'after the settlement height' },
            { value: 'immediate', text: 'at any time' },
          ]}
          error={problems.arbitration}
          onChange={(arbitration) => set({ arbitration })}
        />
        <Input
          label="Fee rate of the funding"
          hint="Empty: what the chain asks for now."
          unit="sat/vB"
          value={fields.feeRate}
          error={problems.feeRate}
          onInput={(feeRate) => set({ feeRate })}
        />
      </Group>
    </div>
  );
}

function Group({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <fieldset class="group">
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}
