import type { MethodResult } from '../../rpc/methods.ts';
import { chosenChannel } from '../channels.ts';
import type { Daemon } from '../daemon.ts';
import { energy, satOfMsat } from '../output/units.ts';
import type { Verb } from '../session.ts';
import { CHANNEL_ARGUMENT } from './options.ts';

type Unit = MethodResult<'listUnits'>['units'][number];

/** `units`: what was ordered, and what became of it. */
export const unitsVerb: Verb = (program, cli) => {
  const command = program
    .command('units')
    .description('units of a channel: ordered, delivered, paid or not; amounts in satoshi')
    .argument('[channel]', CHANNEL_ARGUMENT);
  cli.action(command, async ({ output, daemon }, reference: string | undefined) => {
    const node = await daemon();
    const { channel } = await chosenChannel(node, reference);
    const units = await allUnits(node, channel);
    output.result({ units }, () =>
      units.length === 0
        ? ['no units yet']
        : output.table(
            [
              { title: 'UNIT', align: 'right' },
              { title: 'SELLER' },
              { title: 'ENERGY', align: 'right' },
              { title: 'PAYMENT', align: 'right' },
              { title: 'BOND', align: 'right', optional: true },
              { title: 'GRID FEE', align: 'right', optional: true },
              { title: 'DEADLINE', align: 'right', optional: true },
              { title: 'STATUS' },
            ],
            units.map(rowOf),
          ),
    );
  });
};

async function allUnits(daemon: Daemon, channel: string): Promise<readonly Unit[]> {
  const all: Unit[] = [];
  let from: string | null = '0';
  while (from !== null) {
    const answer: MethodResult<'listUnits'> = await daemon.call('listUnits', { channel, from, limit: 1000 });
    all.push(...answer.units);
    from = answer.next;
  }
  return all;
}

function rowOf(unit: Unit): readonly string[] {
  return [
    unit.unit,
    unit.seller,
    energy(unit.energyWh),
    satOfMsat(unit.paymentMsat),
    satOfMsat(unit.bondMsat),
    unit.gridFeeMsat === null ? '' : satOfMsat(unit.gridFeeMsat),
    String(unit.deadline),
    unit.status,
  ];
}
