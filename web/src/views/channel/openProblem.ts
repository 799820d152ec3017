import { RpcError } from '../../../../src/client/errors.ts';
import { satText } from '../../text/amounts.ts';
import { explainCause } from '../../text/causes.ts';
import type { Values } from '../../text/explanation.ts';
import { type Problem, problemOf } from '../../text/problems.ts';
import { fieldOfParameter, type OpenField, parameterProblem } from './openForm.ts';

/** A code of the protocol and its values. */
export interface Cause {
  readonly code: string;
  readonly values: Values;
}

/** Why there is no channel, and the field to change; null: none of them. */
export interface OpenFailure {
  readonly field: OpenField | null;
  readonly problem: Problem;
}

/** What a node said to `openChannel`; `utility` is the node id of the utility that was asked. */
export function failureOfCall(error: unknown, utility: string): OpenFailure {
  if (!(error instanceof RpcError)) return { field: null, problem: problemOf(error) };
  const { reason, values } = error.data;
  const said = typeof reason === 'string' ? reason : '';
  if (error.error === 'peerNotConnected') return unreachable(said.includes(utility) ? 'utility' : 'producer');
  if (error.error === 'notEnoughCoins') return ownCoinsShort(causeIn(reasonIn(values)));
  if (error.error === 'openRefused') return failureOfCause(causeIn(said));
  return { field: null, problem: problemOf(error) };
}

/** Why an opening ended (`why` of a channel that was aborted), at the field that would make it another opening. */
export function failureOfCause(cause: Cause): OpenFailure {
  const { code, values } = cause;
  if (code === 'badParameter') return ofParameter(values);
  if (code === 'refused') return refusedBy(partyIn(values.by), values.reason ?? '', cause);
  if (code === 'connectionLost') return unreachable(partyIn(values.peer));
  return { field: null, problem: explainCause(cause) };
}

/** `code name=value name=value`, as nodes write an error in one line. */
export function causeIn(line: string): Cause {
  const [code = '', ...rest] = line.trim().split(' ');
  const values: Record<string, string> = {};
  let name: string | undefined;
  for (const word of rest) {
    const [, key, value] = /^([a-zA-Z]\w*)=(.*)$/.exec(word) ?? [];
    if (key !== undefined) {
      name = key;
      values[key] = value ?? '';
    } else if (name !== undefined) values[name] += ` ${word}`;
  }
  return { code, values };
}

type Party = 'producer' | 'utility';

function partyIn(word: string | undefined): Party {
  return word === 'utility' ? 'utility' : 'producer';
}

function ofParameter({ name = '', allowed = '' }: Values): OpenFailure {
  const field = fieldOfParameter(name);
  const height = Number(/ahead of (\d+)$/.exec(allowed)?.[1] ?? 0);
  return { field, problem: parameterProblem(field ?? 'settleIn', allowed, height) };
}

function unreachable(party: Party): OpenFailure {
  return {
    field: party,
    problem: {
      what: `The ${party}’s node cannot be reached.`,
      wayOut: 'See that it runs and that its address is right. Your coins are free.',
    },
  };
}

function ownCoinsShort({ code, values }: Cause): OpenFailure {
  const { neededSat = '', availableSat = '' } = values;
  const counted = /^\d+ \d+$/.test(`${neededSat} ${availableSat}`)
    ? ` It takes ${satText(neededSat)} sat, and ${satText(availableSat)} sat are free.`
    : '';
  const purpose =
    code === 'anchorCoinsShort'
      ? ' for the fee of an end on the chain: every channel has some set aside for it'
      : '';
  return {
    field: 'consumerSat',
    problem: {
      what: `Not enough coins${purpose}.${counted}`,
      wayOut: 'Put in less, or receive coins first.',
    },
  };
}

/** What another node's operator set, or its wallet lacks. */
function refusedBy(party: Party, reason: string, cause: Cause): OpenFailure {
  const field: OpenField = party === 'utility' ? 'utilitySat' : 'producerSat';
  if (reason.includes('more of our coins'))
    return {
      field,
      problem: {
        what: `The ${party} does not bring that much: its limit is lower.`,
        wayOut: 'Ask it for less, or let it raise its limit (setting acceptContributionSat).',
      },
    };
  if (/insufficientFunds|anchorCoinsShort/.test(reason))
    return {
      field,
      problem: {
        what: `The ${party} has not enough free coins for that.`,
        wayOut: 'Ask it for less, or let it receive coins first.',
      },
    };
  const parameter = causeIn(reason.slice(Math.max(0, reason.indexOf('badParameter'))));
  if (parameter.code === 'badParameter') return ofParameter(parameter.values);
  const lost = causeIn(reason);
  if (lost.code === 'connectionLost') return unreachable(partyIn(lost.values.peer));
  return { field: party, problem: explainCause(cause) };
}

function reasonIn(values: unknown): string {
  const reason = typeof values === 'object' && values !== null && 'reason' in values ? values.reason : '';
  return typeof reason === 'string' ? reason : '';
}
