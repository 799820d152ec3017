import { computed } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { nodes } from '../nodes/nodes.ts';
import { TourInvitation } from '../tours/TourMenu.tsx';
import { TourPanel } from '../tours/TourPanel.tsx';
import { Notice } from '../ui/Notice.tsx';
import { PartyHeading } from '../ui/party.ts';
import { VIEW_TABLE } from '../views/table.ts';
import { beginning } from './begin.ts';
import { Header } from './Header.tsx';
import { LinkNotices } from './LinkNotices.tsx';
import { Navigation } from './Navigation.tsx';
import { nodesInView } from './role.ts';
import { route } from './route.ts';

export function Page() {
  const { title } = VIEW_TABLE[route.value.view];
  useEffect(() => {
    document.title = `${title} · Wattlane`;
  }, [title]);
  return (
    <>
      <Header />
      <div class="frame">
        <Navigation />
        <main id="main" tabIndex={-1} aria-busy={isWaiting()} data-view={route.value.view}>
          <h1 class="sr-only">{title}</h1>
          <Content />
        </main>
      </div>
      <TourPanel />
    </>
  );
}

/** Until every node in view has answered for the first time. */
function isWaiting(): boolean {
  return beginning.value === 'asking' || nodesInView.value.some(({ info }) => info.value === null);
}

function Content() {
  const { value: state } = beginning;
  if (state === 'asking') return <p class="hint">Asking which nodes there are …</p>;
  if (state === 'unreachable')
    return (
      <Notice tone="bad">
        <p>The page’s server does not answer.</p>
        <p class="way-out">Start it again with `npm run demo:wallet`. This page goes on trying.</p>
      </Notice>
    );
  if (state === 'ended')
    return (
      <Notice tone="bad">
        <p>This browser may not see the wallet: its session is over, or the address was used already.</p>
        <p class="way-out">Press Enter in the terminal where the wallet runs, and open the new address.</p>
      </Notice>
    );
  const { view } = route.value;
  const { View, forEachNode } = VIEW_TABLE[view];
  const shown = forEachNode ? nodesInView.value : nodesInView.value.slice(0, 1);
  return (
    <>
      <LinkNotices />
      {isNew.value && <TourInvitation />}
      <div class={shown.length > 1 ? 'columns' : 'column'}>
        {shown.map((node) => (
          <div key={`${view} ${node.role}`} class={`party party-${node.role}`}>
            {shown.length > 1 && (
              <h2 id={`party-${node.role}`} class="party-name">
                {node.role}
              </h2>
            )}
            <PartyHeading.Provider value={shown.length > 1 ? `party-${node.role}` : null}>
              <View node={node} />
            </PartyHeading.Provider>
          </div>
        ))}
      </div>
    </>
  );
}

/** No party has had a channel yet. */
const isNew = computed(() =>
  nodes.value.every(({ info, channels }) => info.value !== null && channels.value.length === 0),
);
