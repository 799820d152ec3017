import { useId } from 'preact/hooks';
import { feeRateText } from '../../../text/amounts.ts';
import type { Problem } from '../../../text/problems.ts';
import { Input } from '../../../ui/Input.tsx';
import { type Estimates, type FeeChoice, SPEED_TEXT, SPEEDS } from '../model/fees.ts';

export interface FeeFieldsProps {
  readonly choice: FeeChoice;
  readonly ownRate: string;
  readonly estimates: Estimates | null;
  readonly problem: Problem | undefined;
  readonly onChoice: (choice: FeeChoice) => void;
  readonly onOwnRate: (text: string) => void;
}

const CHOICES: readonly FeeChoice[] = [...SPEEDS, 'own'];

/** How much is paid for a place in a block, by how soon it shall be there. */
export function FeeFields({ choice, ownRate, estimates, problem, onChoice, onOwnRate }: FeeFieldsProps) {
  const name = useId();
  return (
    <>
      <fieldset class="fee-choices">
        <legend>Fee</legend>
        {CHOICES.map((each) => (
          <label key={each} class="fee-choice">
            <input
              type="radio"
              name={name}
              value={each}
              checked={choice === each}
              onChange={() => onChoice(each)}
            />
            <span>
              <strong>{SPEED_TEXT[each].name}</strong>
              <span class="hint">{SPEED_TEXT[each].when}</span>
              {each !== 'own' && (
                <span class="hint">{estimates === null ? '…' : feeRateText(estimates[each])} sat/vB</span>
              )}
            </span>
          </label>
        ))}
      </fieldset>
      {choice === 'own' ? (
        <Input
          label="Your fee"
          hint="Satoshi for each virtual byte. A usual payment has about 150."
          unit="sat/vB"
          mode="decimal"
          value={ownRate}
          onInput={onOwnRate}
          error={problem}
        />
      ) : (
        problem !== undefined && (
          <p class="field-error fee-error" role="alert">
            {problem.what} <span class="way-out">{problem.wayOut}</span>
          </p>
        )
      )}
    </>
  );
}
