import { parseArgs } from 'node:util';
import type { Result } from '../src/index.ts';

export const SCENARIO_NAMES = [
  'delivered',
  'forfeit',
  'non-delivery',
  'arbitrated',
  'unilateral',
  'dispute-delivered',
  'dispute-not-delivered',
  'breach',
  'breach-while-offline',
  'breach-of-forfeit',
  'lost-data',
  'reorg',
] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

/** When the utility's signature counts in the channel's funding output (protocol section 2). */
export type ArbitrationName = 'immediate' | 'after-height';

export interface DemoOptions {
  readonly scenarios: readonly ScenarioName[];
  /** Units that are delivered in each scenario; `undefined`: as many as the scenario likes. */
  readonly units: number | undefined;
  readonly arbitration: ArbitrationName;
  /** A file of half-hour readings; `undefined`: the week that comes with the demo. */
  readonly readings: string | undefined;
  readonly seed: string;
  /** Where the facts go as JSON. */
  readonly json: string | undefined;
  /** Where the chain is kept; `undefined`: a temporary folder. */
  readonly datadir: string | undefined;
}

/** What the story with three daemons is told. */
export interface ProcessesOptions {
  readonly seed: string;
  readonly units: number;
}

export type DemoCommand =
  | { readonly type: 'help' }
  | { readonly type: 'run'; readonly options: DemoOptions }
  | { readonly type: 'processes'; readonly options: ProcessesOptions };

export const HELP = `Three parties trade solar energy over a payment channel, on a Bitcoin network of their own.

  npm run demo -- [OPTIONS]

  --scenario NAME       one story instead of all twelve:
                          delivered              every unit comes and is paid; all close together
                          forfeit                a unit does not come, the producer admits it
                          non-delivery           a unit does not come, the producer falls silent
                          arbitrated             the same, ended by the utility as an arbiter
                          unilateral             the consumer falls silent, and owes for a unit
                          dispute-delivered      a unit came, nobody pays it, the utility decides
                          dispute-not-delivered  none came, the producer lies, the utility decides
                          breach                 the consumer publishes an old state, and loses all
                          breach-while-offline   the same, while the producer’s node is off
                          breach-of-forfeit      the producer does it, to get a lost stake back
                          lost-data              the producer has its words left, and a small file
                          reorg                  the chain takes back what it had confirmed
                          all                    one after the other (default)
  --processes           one story with three daemons in processes of their own, one of which is
                        killed in the middle; takes --units and --seed
  --units N             units that are delivered in each story
  --arbitration WHEN    when the utility's signature counts: after-height (default) or immediate
  --readings FILE       other half-hour readings (form: examples/data/household-week.csv)
  --seed WORD           another world; the same word gives the same transactions (default: demo)
  --json FILE           write every fact of the run to FILE
  --datadir DIR         keep the chains in DIR, which must be new: a folder for each story
  --help                this text

The exit code is 0 only if, asked at the end, the Bitcoin node says that each party has exactly what
the protocol's rules give it; 1 if not, or if something failed; 2 for an option that does not exist.
Colour goes away with NO_COLOR=1.
`;

/** What the command line asks for, or what is wrong with it. */
export function parseOptions(args: readonly string[]): Result<DemoCommand, string> {
  const parsed = parse(args);
  if (typeof parsed === 'string') return wrong(parsed);
  if (parsed.help === true) return { ok: true, value: { type: 'help' } };
  const { scenario = 'all', arbitration = 'after-height', units, seed = 'demo' } = parsed;
  const name = SCENARIO_NAMES.find((each) => each === scenario);
  if (name === undefined && scenario !== 'all') return wrong(`there is no scenario '${scenario}'`);
  if (arbitration !== 'immediate' && arbitration !== 'after-height')
    return wrong(`--arbitration is immediate or after-height, not '${arbitration}'`);
  if (units !== undefined && !/^[1-9]\d{0,5}$/.test(units))
    return wrong(`--units is a number from 1 on, not '${units}'`);
  const empty = (['seed', 'json', 'datadir', 'readings'] as const).find((option) => parsed[option] === '');
  if (empty !== undefined) return wrong(`--${empty} is empty`);
  if (parsed.processes === true) return processesOptions(parsed, seed, units);
  const options: DemoOptions = {
    scenarios: name === undefined ? SCENARIO_NAMES : [name],
    units: units === undefined ? undefined : Number(units),
    arbitration,
    readings: parsed.readings,
    seed,
    json: parsed.json,
    datadir: parsed.datadir,
  };
  return { ok: true, value: { type: 'run', options } };
}

/** A tariff holds 1,000 units at most, and one of them is not delivered. */
const MOST_UNITS = 999;
const USUAL_UNITS = 12;

function processesOptions(
  parsed: object,
  seed: string,
  units: string | undefined,
): Result<DemoCommand, string> {
  const other = Object.keys(parsed).find((name) => !['processes', 'units', 'seed'].includes(name));
  if (other !== undefined) return wrong(`--processes takes no --${other}`);
  if (Number(units) > MOST_UNITS) return wrong(`--processes takes at most ${MOST_UNITS} units`);
  const count = units === undefined ? USUAL_UNITS : Number(units);
  return { ok: true, value: { type: 'processes', options: { seed, units: count } } };
}

function wrong(reason: string): Result<DemoCommand, string> {
  return { ok: false, error: reason };
}

function parse(args: readonly string[]) {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args: [...args],
      options: {
        scenario: text,
        units: text,
        arbitration: text,
        readings: text,
        seed: text,
        json: text,
        datadir: text,
        processes: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    return values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return error.message.split('. ')[0] ?? error.message;
  }
}
