import './utility.css';
import { PublishTariff } from '../../market/PublishTariff.tsx';
import { nodeOf } from '../../nodes/nodes.ts';
import { Notice } from '../../ui/Notice.tsx';
import type { ViewProps } from '../table.ts';
import { ChannelsCard } from './ChannelsCard.tsx';
import { CoefficientsCard } from './CoefficientsCard.tsx';
import { DisputesCard } from './DisputesCard.tsx';
import { MetersCard } from './MetersCard.tsx';
import { PenaltiesCard } from './PenaltiesCard.tsx';
import { WatchtowerCard } from './WatchtowerCard.tsx';

/** The desk of the utility, whoever is in view: its channels, meters, disputes, watchtower and prices. */
export function UtilityView({ node: inView }: ViewProps) {
  const node = nodeOf('utility');
  if (node === undefined)
    return (
      <Notice>
        <p>This page may not ask the utility of these channels: only its own operator sees this desk.</p>
        <p class="way-out">
          Open the page with the utility’s node to see it. Tariffs and verdicts are shown to traders under
          Trade and Channel.
        </p>
      </Notice>
    );
  return (
    <>
      {inView.role !== 'utility' && (
        <p class="hint utility-note">This is the utility’s desk, seen through its own node.</p>
      )}
      <ChannelsCard node={node} />
      <MetersCard node={node} />
      <div class="desk">
        <CoefficientsCard />
        <PublishTariff node={node} />
        <DisputesCard node={node} />
        <PenaltiesCard node={node} />
      </div>
      <WatchtowerCard node={node} />
    </>
  );
}
