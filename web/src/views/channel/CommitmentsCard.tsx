import type { ChannelDetail } from '../../nodes/node.ts';
import { Card } from '../../ui/Card.tsx';
import { SectionLink } from '../../ui/SectionLink.tsx';
import { Term } from '../../ui/Term.tsx';

/** Which state the channel is at, and which transaction of each trader says so. */
export function CommitmentsCard({ channel }: { readonly channel: ChannelDetail }) {
  const { commitments, balances, role } = channel;
  if (commitments === null)
    return role !== 'utility' || balances === null ? null : (
      <Card title="Commitments" aside={<SectionLink section="7-rounds" />}>
        <p class="number-now">{balances.n}</p>
        <p class="hint">
          The newest state that a trader proved to the utility. The utility holds no{' '}
          <Term name="commitment" />: it signs only when it has to decide.
        </p>
      </Card>
    );
  const other = role === 'consumer' ? 'producer' : 'consumer';
  return (
    <Card title="Commitments" aside={<SectionLink section="7-rounds" />}>
      <dl class="numbers">
        <div class="stat">
          <dt>yours</dt>
          <dd class="number-now" data-figure="local">
            {commitments.local}
          </dd>
        </div>
        <div class="stat">
          <dt>the {other}’s</dt>
          <dd class="number-now" data-figure="remote">
            {commitments.remote}
          </dd>
        </div>
      </dl>
      <p class="hint">{standing(commitments)}</p>
    </Card>
  );
}

function standing({ local, remote }: NonNullable<ChannelDetail['commitments']>): string {
  if (local !== remote)
    return 'A round is under way: one of you has the next state already, the other is about to.';
  return local === '0'
    ? 'Each holds a commitment signed by the other: it pays out this state, and needs nobody. Every order and every payment makes a new pair.'
    : `Each holds a commitment signed by the other: it pays out this state, and needs nobody. All before number ${local} are revoked: who publishes one of them loses everything in it.`;
}
