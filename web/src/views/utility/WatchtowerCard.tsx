import type { NodeModel } from '../../nodes/node.ts';
import { grouped } from '../../text/numbers.ts';
import { shortId } from '../../text/voice.ts';
import { Card } from '../../ui/Card.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { SectionLink } from '../../ui/SectionLink.tsx';
import { TableFrame } from '../../ui/TableFrame.tsx';
import { Term } from '../../ui/Term.tsx';
import { useRefreshed } from './useRefreshed.ts';

const GAP_MS = 500;

/** What the utility’s watchtower keeps, and what it has answered. */
export function WatchtowerCard({ node }: { readonly node: NodeModel }) {
  const { answer, problem } = useRefreshed(
    () => node.call('getWatchtower', {}).then(({ channels }) => channels),
    node.channelVersion,
    GAP_MS,
  );
  const rows = (answer ?? []).toReversed();
  return (
    <Card title="Watchtower" wide aside={<SectionLink section="watchtower" />}>
      <p>
        The utility’s <Term name="watchtower" /> keeps a sealed <Term name="blob" /> of each old state. When
        one is published while its victim is away, the blob opens, and the cheat’s coins go to the victim.
      </p>
      {answer !== null && rows.length === 0 && (
        <p class="hint">It keeps nothing yet: there are no channels to watch.</p>
      )}
      {rows.length > 0 && (
        <TableFrame label="What the watchtower keeps">
          <thead>
            <tr>
              <th>Channel</th>
              <th>For</th>
              <th class="number">Blobs</th>
              <th class="number">Bytes</th>
              <th class="number">Newest state</th>
              <th>Breach</th>
              <th class="number">Outputs taken</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ channel, of, blobs, bytes, newestN, breach, answered }) => (
              <tr key={`${channel} ${of}`} data-watched={`${channel} ${of}`}>
                <td>{channel}</td>
                <td>the {of}</td>
                <td class="number">{grouped(blobs)}</td>
                <td class="number">{grouped(bytes)}</td>
                <td class="number">{newestN ?? '–'}</td>
                <td>{breach === null ? 'none' : <span class="mono">{shortId(breach)}</span>}</td>
                <td class="number">{answered}</td>
              </tr>
            ))}
          </tbody>
        </TableFrame>
      )}
      <Failure problem={problem} />
    </Card>
  );
}
