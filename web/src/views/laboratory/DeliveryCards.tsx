import type { LabParams, MeterBehaviour } from '../../../../lab/schema.ts';
import { stage } from '../../lab/laboratory.ts';
import { energyText, priceText } from '../../text/amounts.ts';
import { clockText } from '../../text/times.ts';
import { msats } from '../../text/voice.ts';
import { Select } from '../../ui/Input.tsx';
import { Toggle } from '../../ui/Toggle.tsx';
import { ExperimentCard } from './ExperimentCard.tsx';
import { useExperiment } from './experiment.ts';

interface Behaviour {
  readonly text: string;
  /** What comes of it, said once it is set. */
  readonly outcome: string;
}

const BEHAVIOURS: Readonly<Record<MeterBehaviour, Behaviour>> = {
  honest: {
    text: 'Honest: it counts what flows',
    outcome: 'The meter counts what flows. Delivered units are attested.',
  },
  silent: {
    text: 'Silent: it sends no readings',
    outcome: 'Energy flows and nobody hears of it: without a reading nothing is attested.',
  },
  overReports: {
    text: 'Boasts: it shows more than it can export',
    outcome:
      'Its readings claim more than the meter’s certified power allows, so the utility takes none of them.',
  },
  runsBackwards: {
    text: 'Runs backwards: its register falls',
    outcome: 'A register never falls, so the utility takes none of these readings.',
  },
};

export function MeterCard() {
  const experiment = useExperiment();
  const now = stage.value?.world.meter ?? 'honest';
  const set = (behaviour: MeterBehaviour) =>
    void experiment.run(`The meter: ${BEHAVIOURS[behaviour].text.toLowerCase()}`, async (lab) => {
      await lab.call('setMeter', { behaviour });
      return BEHAVIOURS[behaviour].outcome;
    });
  return (
    <ExperimentCard
      title="Make the meter lie"
      what="What the producer’s meter signs. The utility checks each reading against the last one and against the meter’s certified power, and counts energy over all channels of the meter."
      danger="A unit whose energy no sound reading covers is refused at its deadline: payment and bond go to the utility."
      section="tick-how-one-unit-goes"
      experiment={experiment}
    >
      <Select
        label="The meter"
        value={now}
        options={Object.entries(BEHAVIOURS).map(([value, { text }]) => ({
          value: value as MeterBehaviour,
          text,
        }))}
        onChange={set}
      />
      <p class="hint">Its export register shows {energyText(stage.value?.world.exportWh ?? '0')}.</p>
    </ExperimentCard>
  );
}

export function DeliveryCard() {
  const experiment = useExperiment();
  const delivering = stage.value?.world.delivering ?? true;
  const set = (on: boolean) =>
    void experiment.run(on ? 'Deliver again' : 'Stop delivering', async (lab) => {
      await lab.call('setDelivery', { delivering: on });
      return on
        ? 'What the sun gives reaches the meter.'
        : 'The producer keeps what the sun gives. Units in flight will be refused at their deadline.';
    });
  return (
    <ExperimentCard
      title="Stop delivering"
      what="The producer sells and uses the energy itself. Order a unit, stop the delivery and mine to its deadline: the utility supplies instead."
      danger="The seller loses its bond, and the buyer’s payment goes to the utility."
      section="non-delivery-three-routes"
      experiment={experiment}
    >
      <Toggle label="The producer delivers" on={delivering} disabled={experiment.busy} onChange={set} />
    </ExperimentCard>
  );
}

const SPEEDS = ['1', '60', '300', '1200', '3600', '14400'] as const;

export function WeatherCard() {
  const experiment = useExperiment();
  const world = stage.value?.world;
  if (world === undefined) return null;
  const change = (title: string, params: LabParams<'setWorld'>) =>
    void experiment.run(title, async (lab) => {
      await lab.call('setWorld', params);
      return 'The world goes on like this.';
    });
  const speed = String(world.speed);
  const speeds: readonly string[] = SPEEDS.some((each) => each === speed) ? SPEEDS : [speed, ...SPEEDS];
  return (
    <ExperimentCard
      title="Sun and market"
      what="The weather and the habits of this little world: how fast its day goes, and whether prices and offers are made without being asked for."
      danger="Without a tariff and an offer nothing can be bought."
      section="tick-how-one-unit-goes"
      experiment={experiment}
    >
      <dl class="facts">
        <dt>Time of its day</dt>
        <dd>{clockText(world.time)}</dd>
        <dt>The sun gives</dt>
        <dd>{world.powerW} W</dd>
        <dt>Demand of the slot</dt>
        <dd>{energyText(world.demandWh)}</dd>
        <dt>Price by that demand</dt>
        <dd>
          {priceText(world.msatPerWh)}, {msats(BigInt(world.msatPerWh) * BigInt(world.unitEnergyWh))} for a
          unit of {energyText(world.unitEnergyWh)}
        </dd>
      </dl>
      {world.trouble !== null && <p class="field-error">{world.trouble}</p>}
      <Select
        label="Speed"
        value={speed}
        options={speeds.map((value) => ({ value, text: speedText(value) }))}
        onChange={(value) => change(`Speed: ${speedText(value)}`, { speed: Number(value) })}
      />
      <Toggle
        label="The sun moves"
        on={world.running}
        onChange={(running) => change(running ? 'Let the sun move' : 'Stop the sun', { running })}
      />
      <Toggle
        label="The utility publishes tariffs by itself"
        on={world.autoTariff}
        onChange={(autoTariff) =>
          change(autoTariff ? 'Tariffs by themselves' : 'No more tariffs', { autoTariff })
        }
      />
      <Toggle
        label="The producer makes offers by itself"
        on={world.autoOffer}
        onChange={(autoOffer) => change(autoOffer ? 'Offers by themselves' : 'No more offers', { autoOffer })}
      />
    </ExperimentCard>
  );
}

function speedText(speed: string): string {
  const seconds = Number(speed);
  if (seconds === 1) return 'as the clock';
  const [count, unit] = seconds < 3600 ? [seconds / 60, 'minute'] : [seconds / 3600, 'hour'];
  return `${count} ${unit}${count === 1 ? '' : 's'} of the day in a second`;
}
