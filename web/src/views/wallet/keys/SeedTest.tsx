import { useSignal } from '@preact/signals';
import { Button } from '../../../ui/Button.tsx';
import { Form } from '../../../ui/Form.tsx';
import { Input } from '../../../ui/Input.tsx';
import { wrongAnswers } from '../model/seedTest.ts';

export interface AskedWord {
  /** From 1. */
  readonly position: number;
  readonly word: string;
}

export interface SeedTestProps {
  readonly asked: readonly AskedWord[];
  readonly onPassed: () => void;
  readonly onLeave: () => void;
}

/** Asks for some of the words, so that a slip of the pen is found while the words can still be seen again. */
export function SeedTest({ asked, onPassed, onLeave }: SeedTestProps) {
  const answers = useSignal<readonly string[]>(asked.map(() => ''));
  const wrong = useSignal<readonly number[]>([]);
  return (
    <Form
      onSubmit={() => {
        wrong.value = wrongAnswers(
          asked.map(({ word }) => word),
          answers.value,
        );
        if (wrong.value.length === 0) onPassed();
      }}
    >
      <p>Read from your paper:</p>
      {asked.map(({ position }, index) => (
        <Input
          key={position}
          label={`Word ${position}`}
          value={answers.value[index] ?? ''}
          onInput={(text) => {
            answers.value = answers.value.with(index, text);
            wrong.value = wrong.value.filter((each) => each !== index);
          }}
          error={
            wrong.value.includes(index)
              ? {
                  what: `This is not word ${position}.`,
                  wayOut: 'Look at your paper again; if it is wrong there, show the words once more.',
                }
              : null
          }
        />
      ))}
      <div class="buttons">
        <Button kind="primary" submit>
          Check
        </Button>
        <Button onClick={onLeave}>Leave it</Button>
      </div>
    </Form>
  );
}
