import { type Sat, satToMsat } from '../../../../src/base/amount.ts';
import { checkParams } from '../../../../src/channel/params.ts';
import { parseNodeUri } from '../../../../src/cli/parse/nodeUri.ts';
import { parseCount, parseFeeRate } from '../../../../src/cli/parse/quantity.ts';
import type { MethodParams } from '../../../../src/client/index.ts';
import { defaultParams } from '../../../../src/node/options.ts';
import { type ChannelParams, commitmentReserveSat } from '../../../../src/tx/contract.ts';
import { AMOUNT_PROBLEMS, parseSat, satText } from '../../text/amounts.ts';
import type { Problem } from '../../text/problem.ts';

/** What a person fills in to open a channel, as typed. */
export interface OpenFields {
  /** `nodeId@host:port`, or the id of a node that is connected. */
  readonly producer: string;
  readonly utility: string;
  readonly consumerSat: string;
  readonly producerSat: string;
  readonly utilitySat: string;
  /** Blocks from now. */
  readonly settleIn: string;
  readonly bond: 'stake' | 'proportional';
  /** Of the payment, where the bond is proportional. */
  readonly bondPercent: string;
  readonly inFlight: string;
  readonly arbitration: 'afterHeight' | 'immediate';
  /** Satoshi per virtual byte; empty: what the chain asks for. */
  readonly feeRate: string;
}

export type OpenField = keyof OpenFields;
export type OpenProblems = { readonly [F in OpenField]?: string | Problem };

/** A week, as long as the demo's slots: nothing has to be settled in a hurry. */
export const FIRST_FIELDS: OpenFields = {
  producer: '',
  utility: '',
  consumerSat: '500 000',
  producerSat: '100 000',
  utilitySat: '0',
  settleIn: '1008',
  bond: 'stake',
  bondPercent: '100',
  inFlight: '8',
  arbitration: 'afterHeight',
  feeRate: '',
};

/** What the node knows that the fields are checked against. */
export interface OpenFacts {
  readonly height: number;
  readonly spendableSat: bigint;
  readonly nodeId: string;
}

/** A node, with its address unless it is connected already. */
export interface Party {
  readonly nodeId: string;
  readonly address: string | null;
}

/** A proposal that passes every check of this side. */
export interface Proposal {
  readonly producer: Party;
  readonly utility: Party;
  /** On top of the consumer's contribution: what a commitment costs, back with the close as far as it is left. */
  readonly reserveSat: bigint;
  readonly params: MethodParams<'openChannel'>;
}

export type OpenAnswer =
  | { readonly proposal: Proposal; readonly problems?: undefined }
  | { readonly proposal?: undefined; readonly problems: OpenProblems };

/** Reads the form. Every problem is named at its field, all at once. */
export function readOpenForm(fields: OpenFields, facts: OpenFacts): OpenAnswer {
  const problems: Partial<Record<OpenField, string | Problem>> = {};
  const noting = <T>(
    field: OpenField,
    read: { readonly value: T } | { readonly problem: string | Problem },
  ) => {
    if ('value' in read) return read.value;
    problems[field] = read.problem;
    return undefined;
  };
  const producer = noting('producer', readParty(fields.producer, facts));
  const utility = noting('utility', readParty(fields.utility, facts));
  if (producer !== undefined && producer.nodeId === utility?.nodeId)
    problems.utility = 'This is the producer’s node. Three parties are three nodes.';
  const consumerSat = noting('consumerSat', readAmount(fields.consumerSat, false));
  const producerSat = noting('producerSat', readAmount(fields.producerSat, true));
  const utilitySat = noting('utilitySat', readAmount(fields.utilitySat, true));
  const settleIn = noting('settleIn', worded('It', parseCount(plain(fields.settleIn))));
  const maxInFlight =
    fields.bond === 'stake' ? 1 : noting('inFlight', worded('It', parseCount(plain(fields.inFlight))));
  const bondPpm = fields.bond === 'stake' ? null : noting('bondPercent', readPercent(fields.bondPercent));
  const feeRate =
    fields.feeRate.trim() === ''
      ? null
      : noting('feeRate', worded('The fee rate', parseFeeRate(fields.feeRate)));
  if (
    producer === undefined ||
    utility === undefined ||
    consumerSat === undefined ||
    producerSat === undefined ||
    utilitySat === undefined ||
    settleIn === undefined ||
    maxInFlight === undefined ||
    bondPpm === undefined ||
    feeRate === undefined
  )
    return { problems };

  const contributions = { consumer: consumerSat, producer: producerSat, utility: utilitySat };
  const settlementHeight = facts.height + settleIn;
  const wanted = { arbitration: fields.arbitration, maxInFlight, ...(bondPpm === null ? {} : { bondPpm }) };
  Object.assign(problems, paramProblems(wanted, contributions, settlementHeight, facts.height));
  const reserveSat = maxInFlight <= 100 ? commitmentReserveSat(maxInFlight) : 0n;
  if (consumerSat + reserveSat > facts.spendableSat)
    problems.consumerSat = coinsShort(consumerSat + reserveSat, facts.spendableSat);
  if (Object.keys(problems).length > 0) return { problems };
  return {
    proposal: {
      producer,
      utility,
      reserveSat,
      params: {
        producer: producer.nodeId,
        utility: utility.nodeId,
        consumerSat: `${consumerSat}`,
        producerSat: `${producerSat}`,
        utilitySat: `${utilitySat}`,
        settlementHeight,
        params: wanted,
        ...(feeRate === null ? {} : { feeRateSatPerKvB: `${feeRate}` }),
      },
    },
  };
}

function coinsShort(needed: bigint, spendable: bigint): Problem {
  return {
    what: `Not enough coins: this takes ${satText(needed)} sat and the fee, and the wallet can spend ${satText(spendable)} sat.`,
    wayOut: 'Put in less, or receive coins first.',
  };
}

type Read<T> = { readonly value: T } | { readonly problem: string | Problem };

function readParty(text: string, { nodeId }: OpenFacts): Read<Party> {
  if (text.trim() === '') return { problem: 'Choose a node, or paste its address: nodeId@host:port.' };
  const bare = /^\s*0[23][0-9a-fA-F]{64}\s*$/.test(text);
  const read: Read<Party> = bare
    ? { value: { nodeId: text.trim().toLowerCase(), address: null } }
    : worded('The address', parseNodeUri(text));
  if ('value' in read && read.value.nodeId === nodeId)
    return { problem: 'This is your own node. A channel is with others.' };
  return read;
}

function readAmount(text: string, mayBeZero: boolean): Read<Sat> {
  const read = parseSat(text);
  if ('sat' in read) return { value: read.sat as Sat };
  if (read.problem === 'zero' && mayBeZero) return { value: 0n as Sat };
  return { problem: AMOUNT_PROBLEMS[read.problem] };
}

const PPM_PER_PERCENT = 10_000;

function readPercent(text: string): Read<number> {
  const read = worded('It', parseCount(plain(text), 0));
  return 'value' in read ? { value: read.value * PPM_PER_PERCENT } : read;
}

/** Groups of digits may be apart, as they are where amounts are shown. */
function plain(text: string): string {
  return text.trim().replace(/(?<=\d)[\s\u202f](?=\d{3}\b)/g, '');
}

function worded<T>(
  subject: string,
  read: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string },
): Read<T> {
  return read.ok ? { value: read.value } : { problem: `${subject} ${read.error}.` };
}

/** Where a parameter that no node would take was filled in. */
const FIELD_OF_PARAMETER: Readonly<Record<string, OpenField>> = {
  settlementHeight: 'settleIn',
  maxInFlight: 'inFlight',
  bondPolicy: 'bondPercent',
  contributions: 'consumerSat',
  reserveMsat: 'consumerSat',
  utilityMaxExposureMsat: 'utilitySat',
  arbitration: 'arbitration',
};

/** The field of a parameter of docs/protocol.md, section 2. */
export function fieldOfParameter(name: string): OpenField | null {
  return FIELD_OF_PARAMETER[name] ?? null;
}

/** The same check that each of the three nodes makes (docs/protocol.md, section 2). */
function paramProblems(
  wanted: {
    readonly arbitration: 'afterHeight' | 'immediate';
    readonly maxInFlight: number;
    readonly bondPpm?: number;
  },
  contributions: { readonly consumer: Sat; readonly producer: Sat; readonly utility: Sat },
  settlementHeight: number,
  height: number,
): OpenProblems {
  const params: ChannelParams = {
    ...defaultParams('', settlementHeight),
    arbitration:
      wanted.arbitration === 'immediate'
        ? { type: 'immediate' }
        : { type: 'afterHeight', height: settlementHeight },
    maxInFlight: wanted.maxInFlight,
    ...(wanted.bondPpm === undefined
      ? {}
      : { bondPolicy: { type: 'proportional', bondPpm: wanted.bondPpm } as const }),
  };
  const msat = {
    consumer: satToMsat(contributions.consumer),
    producer: satToMsat(contributions.producer),
    utility: satToMsat(contributions.utility),
  };
  const error = checkParams(params, msat, '', height);
  if (error === undefined) return {};
  const field = fieldOfParameter(error.name) ?? 'settleIn';
  return { [field]: parameterProblem(field, error.allowed, height) };
}

/** What is wrong with a parameter, and what would be right. */
export function parameterProblem(field: OpenField, allowed: string, height: number): Problem {
  const blocks = /^more than (\d+) blocks ahead of/.exec(allowed)?.[1];
  if (field === 'settleIn' && blocks !== undefined)
    return {
      what: `Too soon: at block ${height + Number(blocks)} the last deadlines of this channel could not have passed.`,
      wayOut: `Choose more than ${blocks} blocks.`,
    };
  return { what: 'No node would take this.', wayOut: `Allowed: ${allowed}.` };
}
