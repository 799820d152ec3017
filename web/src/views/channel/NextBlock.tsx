import { laboratory } from '../../lab/laboratory.ts';
import { Button } from '../../ui/Button.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { useAction } from '../../ui/useAction.ts';

/** Where blocks come only when somebody asks for them: a way to ask. */
export function NextBlock() {
  const { value: lab } = laboratory;
  const mine = useAction(async () => {
    await lab?.call('mine', { blocks: 1 });
  });
  if (lab === null) return null;
  return (
    <div class="next-block">
      <Button busy={mine.busy} onClick={() => void mine.run()}>
        Mine a block
      </Button>
      <span class="hint">It waits for the chain, and on this test network blocks come when you ask.</span>
      <Failure problem={mine.problem} />
    </div>
  );
}
