import type { ChannelDetail, NodeModel } from '../../nodes/node.ts';
import { useAnswer } from '../../nodes/useAnswer.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Card } from '../../ui/Card.tsx';
import { TableFrame } from '../../ui/TableFrame.tsx';
import { aloneRows, type ClosePreview, sharesOf } from './closing.ts';
import { stepOf } from './life.ts';

const LIVE = new Set(['funding', 'open', 'shuttingDown', 'negotiating']);

/** What each party would get if the channel ended now: together, or alone. */
export function IfClosedCard({
  node,
  channel,
}: {
  readonly node: NodeModel;
  readonly channel: ChannelDetail;
}) {
  const isLive = LIVE.has(stepOf(channel.state));
  const params = isLive ? { channel: channel.channel } : null;
  const { value } = useAnswer(node, 'previewClose', params, node.channelVersion.value);
  if (value === null || (value.cooperative === null && value.unilateral === null)) return null;
  return (
    <Card title="If it ended now" wide>
      <div class="endings">
        {value.cooperative !== null && <Together together={value.cooperative} />}
        {value.unilateral !== null && <Alone alone={value.unilateral} role={node.role} />}
      </div>
    </Card>
  );
}

function Together({ together }: { readonly together: NonNullable<ClosePreview['cooperative']> }) {
  return (
    <div>
      <h3>Together</h3>
      <Shares together={together} />
      <p class="hint">
        Everyone has its coins with the next block. What is too small for an output becomes fee.
      </p>
    </div>
  );
}

/** What a close together pays each party, and its fee. */
export function Shares({ together }: { readonly together: NonNullable<ClosePreview['cooperative']> }) {
  return (
    <TableFrame label="What each party gets in a close together">
      <tbody>
        {sharesOf(together).map(({ role, amountSat }) => (
          <tr key={role}>
            <th scope="row">
              <span class={`swatch part-${role}`} /> {role}
            </th>
            <td class="number" data-figure={`together.${role}`}>
              <Amount sat={amountSat} />
            </td>
          </tr>
        ))}
        {together.undecidedSat !== '0' && (
          <tr>
            <th scope="row">in flight, decided before</th>
            <td class="number">
              <Amount sat={together.undecidedSat} />
            </td>
          </tr>
        )}
        <tr>
          <th scope="row">fee</th>
          <td class="number" data-figure="together.fee">
            <Amount sat={together.feeSat} />
          </td>
        </tr>
      </tbody>
    </TableFrame>
  );
}

function Alone({
  alone,
  role,
}: {
  readonly alone: NonNullable<ClosePreview['unilateral']>;
  readonly role: NodeModel['role'];
}) {
  const whose = alone.broadcaster === role ? 'your commitment' : `the ${alone.broadcaster}’s commitment`;
  return (
    <div>
      <h3>Alone</h3>
      <TableFrame label="What each output of the commitment pays">
        <tbody>
          {aloneRows(alone).map(({ key, role: paid, name, amountSat, when }) => (
            <tr key={key}>
              <th scope="row">
                <span class={`swatch part-${paid ?? 'nobody'}`} /> {name}
                <br />
                <span class="soft">{when}</span>
              </th>
              <td class="number" data-figure="alone.output">
                <Amount sat={amountSat} />
              </td>
            </tr>
          ))}
          <tr>
            <th scope="row">fee</th>
            <td class="number">
              <Amount sat={alone.feeSat} />
            </td>
          </tr>
        </tbody>
      </TableFrame>
      <p class="hint">
        By {whose}, state {alone.n}, counted from the block that it is in.
      </p>
    </div>
  );
}
