import { useState } from 'preact/hooks';
import type { BuyingState } from '../../nodes/buying.ts';
import { MOST_AT_ONCE } from '../../nodes/keepBuying.ts';
import type { TradeModel } from '../../nodes/trade.ts';
import { grouped } from '../../text/numbers.ts';
import { problemOf } from '../../text/problems.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Button } from '../../ui/Button.tsx';
import { Form } from '../../ui/Form.tsx';
import { Input, Select } from '../../ui/Input.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { now } from '../../ui/now.ts';
import { useAction } from '../../ui/useAction.ts';
import { useFields } from '../../ui/useFields.ts';
import { GOAL_FIELDS, GOAL_OPTIONS, type GoalType, goalText, parseGoal, STOP_TEXTS } from './goals.ts';

/** “Keep buying until …”, by this page. */
export function KeepBuying({ trade, disabled }: { readonly trade: TradeModel; readonly disabled: boolean }) {
  const { value: state } = trade.buying.state;
  return (
    <section class="keep-buying" aria-label="Keep buying">
      <h3>Keep buying until …</h3>
      {state?.status === 'running' ? (
        <Running trade={trade} state={state} />
      ) : (
        <>
          {state !== null && <Ended state={state} />}
          <GoalForm trade={trade} disabled={disabled} />
        </>
      )}
    </section>
  );
}

function Running({ trade, state }: { readonly trade: TradeModel; readonly state: BuyingState }) {
  const stop = useAction(() => trade.buying.stop());
  return (
    <>
      <p>
        Buying until {goalText(state.goal)}: <Bought state={state} />.
      </p>
      <p class="hint">
        This page does it. When you close it, the node still orders what it was asked for last, at most{' '}
        {MOST_AT_ONCE} units, and no more.
      </p>
      <Button kind="danger" busy={stop.busy} onClick={() => void stop.run()}>
        Stop
      </Button>
    </>
  );
}

function Ended({ state }: { readonly state: BuyingState }) {
  if (state.status === 'running') return null;
  return (
    <>
      <p role="status">
        {STOP_TEXTS[state.status]} <Bought state={state} />.
      </p>
      {state.status === 'failed' && <Failure problem={problemOf(state.error)} />}
    </>
  );
}

function Bought({ state: { progress } }: { readonly state: BuyingState }) {
  return (
    <>
      {grouped(progress.ordered)} {progress.ordered === 1 ? 'unit' : 'units'} for{' '}
      <Amount msat={progress.spentMsat} />
    </>
  );
}

function GoalForm({ trade, disabled }: { readonly trade: TradeModel; readonly disabled: boolean }) {
  const [type, setType] = useState<GoalType>('units');
  const [texts, setTexts] = useState<Partial<Record<GoalType, string>>>({});
  const { label, unit, usual } = GOAL_FIELDS[type];
  const text = texts[type] ?? usual;
  const goal = parseGoal(type, text, now.value);
  const fields = useFields({ goal }, (read) => trade.buying.start(read.goal));
  return (
    <Form onSubmit={fields.submit}>
      <Select label="Until" value={type} options={GOAL_OPTIONS} onChange={setType} />
      <Input
        label={label}
        unit={unit}
        mode="numeric"
        value={text}
        onInput={(value) => setTexts({ ...texts, [type]: value })}
        error={fields.error('goal')}
      />
      <Button submit disabled={disabled}>
        Keep buying
      </Button>
    </Form>
  );
}
