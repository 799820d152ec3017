import { useSignal } from '@preact/signals';
import type { MethodParams } from '../../../../src/client/index.ts';
import { Button } from '../../ui/Button.tsx';
import { Input } from '../../ui/Input.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { useAction } from '../../ui/useAction.ts';
import type { ViewProps } from '../table.ts';
import { labelProblem } from './model/draft.ts';

export interface LabelEditProps extends ViewProps {
  readonly target: MethodParams<'setLabel'>['target'];
  readonly label: string | null;
}

/** A label of one's own, to be written and changed. */
export function LabelEdit({ node, target, label }: LabelEditProps) {
  const typed = useSignal<string | null>(null);
  const save = useAction(async (text: string) => {
    await node.call('setLabel', { target, label: text });
    typed.value = null;
    node.refresh();
  });
  const { value: text } = typed;
  if (text === null)
    return (
      <Button
        kind="quiet"
        onClick={() => {
          typed.value = label ?? '';
        }}
      >
        {label === null ? 'Add a label' : 'Change the label'}
      </Button>
    );
  const problem = labelProblem(text);
  return (
    <form
      class="label-edit"
      onSubmit={(event) => {
        event.preventDefault();
        if (problem === undefined) void save.run(text.trim());
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') typed.value = null;
      }}
    >
      <Input
        label="Label"
        value={text}
        onInput={(next) => {
          typed.value = next;
        }}
        error={problem}
      />
      <div class="buttons">
        <Button submit kind="primary" busy={save.busy} disabled={problem !== undefined}>
          Save
        </Button>
        <Button
          onClick={() => {
            typed.value = null;
          }}
        >
          Leave it
        </Button>
      </div>
      <Failure problem={save.problem} />
    </form>
  );
}
