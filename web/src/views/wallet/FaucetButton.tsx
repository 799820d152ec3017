import type { Role } from '../../../../src/base/role.ts';
import { laboratory } from '../../lab/laboratory.ts';
import { Button } from '../../ui/Button.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { useAction } from '../../ui/useAction.ts';

const FAUCET_SAT = '1000000';

/** Play money, where there is a laboratory. */
export function FaucetButton({ role }: { readonly role: Role }) {
  const { value: lab } = laboratory;
  const fund = useAction(async () => lab?.call('fund', { role, amountSat: FAUCET_SAT }));
  if (lab === null) return null;
  return (
    <>
      <Button kind="quiet" busy={fund.busy} onClick={() => void fund.run()}>
        Get 1 000 000 sat of play money
      </Button>
      <Failure problem={fund.problem} />
    </>
  );
}
