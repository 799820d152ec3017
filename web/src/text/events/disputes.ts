import type { EventData } from '../../../../src/rpc/shapes/event.ts';
import { reasonText } from '../reasons.ts';
import { other, sats, shortId, type Voice } from '../voice.ts';
import { entryOf, FINDINGS } from '../words.ts';
import type { EventTable } from './table.ts';

/** Disputes and cheats (protocol section 9). */
export const DISPUTE_EVENTS: EventTable<
  'arbitrationOpened' | 'arbitrationRefused' | 'arbitrationGivenUp' | 'verdict' | 'breach'
> = {
  arbitrationOpened: ({ n, until }, voice) => ({
    what: `${voice.The('utility')} opened a case over state ${n}, to be decided at block ${until}.`,
    why: 'Until then either trader can prove a newer state, and both show their meters’ readings. The newest proved state is the one that is judged.',
    section: 'arbitration',
    tone: 'warn',
  }),
  arbitrationRefused: ({ n, reason }, voice) => ({
    what: `${voice.The('utility')} did not take the case over state ${n}: ${reasonText(reason)}.`,
    why: 'A case needs a state that the other side signed, and a fee that reserve and forfeited coins can pay.',
    section: 'arbitration',
    tone: 'warn',
  }),
  arbitrationGivenUp: ({ height }, voice) => ({
    what: `${voice.The(voice.role)} stopped waiting for the utility at block ${height} and published the newest commitment.`,
    why: 'A trader does not wait for ever for a verdict, nor with a delivered unit beyond its deadline. The commitment needs nobody’s help.',
    section: 'arbitration',
    tone: 'warn',
  }),
  verdict: (data, voice) => ({
    what: `${voice.The('utility')} decided the dispute of ${voice.the(data.claimant)} by state ${data.n}: ${outcomes(data)}. Its transaction (${shortId(data.txid)}) costs ${sats(data.feeSat)}.`,
    why: `The rules gave it from the evidence, and anyone can judge it again. ${found(data, voice)}`,
    section: 'arbitration',
    tone: 'warn',
  }),
  breach: ({ n, broadcaster }, voice) => ({
    what:
      broadcaster === null
        ? `An old state, number ${n}, is on the chain.`
        : `${voice.The(broadcaster)} published the old state ${n}, which had been given up.`,
    why:
      broadcaster === null
        ? 'It was given up by its secret. Whoever was cheated takes the cheat’s coins with it.'
        : `That is a cheat: its secret is with ${voice.the(other(broadcaster))}, who takes everything that ${voice.the(broadcaster)} had in it before the delay ends.`,
    section: 'breach',
    tone: 'bad',
  }),
};

function outcomes({ outcomes: all }: EventData<'verdict'>): string {
  if (all.length === 0) return 'nothing was in flight, so each gets its balance';
  return all
    .map(
      ({ unit, outcome }) =>
        `unit ${unit} ${outcome === 'delivered' ? 'was delivered and pays its seller' : 'was not delivered and is forfeited'}`,
    )
    .join(', ');
}

function found({ findings }: EventData<'verdict'>, voice: Voice): string {
  if (findings.length === 0) return 'Nobody was found to have cheated.';
  const said = findings.map(
    ({ code, against }) => `${voice.the(against)} ${entryOf(FINDINGS, code) ?? code}`,
  );
  return `What was found: ${said.join('; ')}.`;
}
