import { useEffect, useState } from 'preact/hooks';
import type { TradeModel } from '../../nodes/trade.ts';
import type { UnitRow } from '../../nodes/units.ts';
import { energyText } from '../../text/amounts.ts';
import { timeText } from '../../text/times.ts';
import { UNIT_STATES } from '../../text/unitStates.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { download } from '../../ui/download.ts';
import { Failure } from '../../ui/Notice.tsx';
import { useAction } from '../../ui/useAction.ts';
import { type ReceiptFacts, receiptOf, receiptText } from './receipt.ts';

export interface UnitDialogProps {
  readonly trade: TradeModel;
  /** Null: closed. */
  readonly unit: bigint | null;
  readonly onClose: () => void;
}

/** Everything of one unit, its receipt, and the way to give it up. */
export function UnitDialog({ trade, unit, onClose }: UnitDialogProps) {
  trade.version.value;
  const { value: book } = trade.book;
  const position = unit === null || book === null ? -1 : book.positionOf(unit);
  const row = position === -1 ? undefined : book?.at(position);
  return (
    <Dialog title={`Unit ${unit ?? ''}`} open={row !== undefined} onClose={onClose}>
      {row !== undefined && <Details trade={trade} row={row} />}
    </Dialog>
  );
}

function Details({ trade, row }: { readonly trade: TradeModel; readonly row: UnitRow }) {
  const { text, what, tone } = UNIT_STATES[row.status];
  return (
    <>
      <p>
        <span class={`badge badge-${tone}`}>{text}</span> {what}
      </p>
      <dl class="facts">
        <dt>Energy</dt>
        <dd>{energyText(row.energyWh)}</dd>
        <dt>Payment</dt>
        <dd>
          <Amount msat={row.paymentMsat} />
        </dd>
        <dt>Grid fee</dt>
        <dd>{row.gridFeeMsat === null ? '–' : <Amount msat={row.gridFeeMsat} />}</dd>
        <dt>Bond of the seller</dt>
        <dd>
          <Amount msat={row.bondMsat} />
        </dd>
        <dt>Seller</dt>
        <dd>{row.seller}</dd>
        <dt>Ordered</dt>
        <dd>{moment(row.orderedAt)}</dd>
        <dt>Metered</dt>
        <dd>{moment(row.meteredAt)}</dd>
        <dt>Ended</dt>
        <dd>{moment(row.endedAt)}</dd>
        <dt>Deadline</dt>
        <dd>block {row.deadline}</dd>
      </dl>
      <Receipts trade={trade} row={row} />
      <Cancel trade={trade} row={row} />
    </>
  );
}

function moment(time: number | null): string {
  return time === null ? '–' : `${timeText(time)} UTC`;
}

function Receipts({ trade, row }: { readonly trade: TradeModel; readonly row: UnitRow }) {
  const save = useAction(async (kind: 'json' | 'txt') => {
    const facts = await factsOf(trade, row);
    const name = `wattlane-unit-${row.unit}.${kind}`;
    if (kind === 'txt') download(name, receiptText(facts), 'text/plain');
    else download(name, `${JSON.stringify(receiptOf(facts), null, 2)}\n`, 'application/json');
  });
  return (
    <>
      <div class="buttons dialog-buttons">
        <Button busy={save.busy} onClick={() => void save.run('txt')}>
          Receipt as text
        </Button>
        <Button busy={save.busy} onClick={() => void save.run('json')}>
          Receipt as JSON
        </Button>
      </div>
      <Failure problem={save.problem} />
    </>
  );
}

async function factsOf({ node, tariffs }: TradeModel, row: UnitRow): Promise<ReceiptFacts> {
  const channel = node.channel.peek();
  const info = node.info.peek();
  if (channel === null || info === null) throw new Error('a row without a channel');
  const { units } = await node.call('listUnits', {
    channel: channel.channel,
    from: String(row.unit),
    limit: 1,
  });
  const [unit] = units;
  if (unit?.unit !== String(row.unit)) throw new Error('the node does not keep this unit any more');
  const tariff = tariffs.peek().find(({ firstUnit, units: count }) => {
    const first = BigInt(firstUnit);
    return first <= row.unit && row.unit < first + BigInt(count);
  });
  return { unit, channel, network: info.network, tariff: tariff ?? null, meteredAt: row.meteredAt };
}

/** Gives a unit in flight up: the seller lets it go first, then the buyer cancels it. */
function Cancel({ trade, row }: { readonly trade: TradeModel; readonly row: UnitRow }) {
  const { node } = trade;
  const [asked, setAsked] = useState(false);
  const cancel = useAction(async () => {
    const { value: channel } = node.channelKey;
    if (channel === null) return;
    await node.call('cancelDelivery', { channel, deliveryId: String(row.deliveryId) });
    setAsked(true);
  });
  useEffect(() => setAsked(false), [row.unit]);
  if (node.role === 'utility' || (row.status !== 'inFlight' && row.status !== 'refused')) return null;
  const sells = node.role === row.seller;
  return (
    <section class="dialog-part">
      <p class="hint">
        {sells
          ? 'You sell this unit. Let it go, and the buyer can cancel it: each gets back what it locked.'
          : 'You bought this unit. You can cancel it once its seller has let it go: each gets back what it locked.'}
      </p>
      <Failure problem={cancel.problem} />
      {asked && (
        <p role="status">{sells ? 'The buyer can cancel it now.' : 'It is cancelled with the next round.'}</p>
      )}
      <Button kind="danger" busy={cancel.busy} onClick={() => void cancel.run()}>
        {sells ? 'Let this unit go' : 'Cancel this unit'}
      </Button>
    </section>
  );
}
