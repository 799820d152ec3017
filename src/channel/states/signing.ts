import { invariant } from '../../base/invariant.ts';
import type { Role } from '../../base/role.ts';
import type { Tx } from '../../tx/transaction.ts';
import type { MessageOf } from '../../wire/messages.ts';
import { checkWitnesses, completeFunding, identityOf } from '../agreement.ts';
import { initialLedger } from '../ledger.ts';
import { type HeldCommitment, heldBy, verifiesOwnCommitment } from '../rounds.ts';
import type {
  Agreement,
  AwaitingCosignature,
  AwaitingFunding,
  AwaitingFundingSigned,
  CheckingInputs,
  SigningFunding,
  Witnesses,
} from '../state.ts';
import { type Context, goTo, send, type Transition, traderSigner } from '../step.ts';
import { abort } from './abort.ts';

/** The others' inputs are there: the consumer signs the producer's commitment 0, the others sign the funding. */
export function inputsGood(state: CheckingInputs, context: Context): Transition {
  const { role, agreement, held } = state;
  if (role !== 'consumer') return signFunding(role, agreement, held, { producer: [], utility: [] });
  const { contract, proposal, utility, producer, vouchers } = agreement;
  const signed = traderSigner(context).signCommitment(
    contract,
    initialLedger(contract),
    'producer',
    producer.firstPoint,
  );
  const message = {
    type: 'funding_created',
    temporaryId: proposal.temporaryId,
    utility,
    voucher: vouchers.utility,
    fundingTxid: contract.funding.txid,
    ...signed,
  } as const;
  return goTo({ type: 'awaitingFundingSigned', role, agreement }, [send('producer', message)]);
}

/** The consumer has its own commitment 0: now, and not before, the utility is asked to sign. */
export function producerSigned(
  state: AwaitingFundingSigned,
  message: MessageOf<'funding_signed'>,
  context: Context,
): Transition {
  const { agreement } = state;
  const { contract, channelId, proposal, producer, vouchers } = agreement;
  const ledger = initialLedger(contract);
  const round = {
    secp: context.secp,
    signer: traderSigner(context),
    contract,
    channelId,
    role: 'consumer',
  } as const;
  if (!verifiesOwnCommitment(round, ledger, message))
    return abort(state, { code: 'badCommitmentSignature', n: 0n });
  const fault = checkWitnesses(agreement, 'producer', message.witnesses);
  if (fault !== undefined) return abort(state, fault);
  const prepared = {
    type: 'funding_prepared',
    temporaryId: proposal.temporaryId,
    producer,
    voucher: vouchers.producer,
    fundingTxid: contract.funding.txid,
  } as const;
  return goTo(
    {
      type: 'awaitingCosignature',
      role: 'consumer',
      agreement,
      held: heldBy(ledger, message),
      producerWitnesses: message.witnesses,
    },
    [send('utility', prepared)],
  );
}

/** Every witness but our own is there: the consumer signs last. */
export function cosigned(state: AwaitingCosignature, message: MessageOf<'funding_cosigned'>): Transition {
  const { agreement, held, producerWitnesses } = state;
  const fault = checkWitnesses(agreement, 'utility', message.witnesses);
  if (fault !== undefined) return abort(state, fault);
  return signFunding('consumer', agreement, held, {
    producer: producerWitnesses,
    utility: message.witnesses,
  });
}

function signFunding(
  role: Role,
  agreement: Agreement,
  held: HeldCommitment | null,
  witnesses: SigningFunding['witnesses'],
): Transition {
  return goTo({ type: 'signingFunding', role, agreement, held, witnesses }, [
    { type: 'signFunding', funding: agreement.funding },
  ]);
}

/** Our own inputs are signed. With the state stored, the signatures may go out. */
export function fundingSigned(state: SigningFunding, own: Witnesses, context: Context): Transition {
  const { role, agreement, held } = state;
  const { temporaryId } = agreement.proposal;
  const fault = checkWitnesses(agreement, role, own);
  invariant(fault === undefined, 'the wallet signs each of its inputs');
  if (role === 'utility') {
    const message = { type: 'funding_cosigned', temporaryId, witnesses: own } as const;
    return goTo(waiting(state, null, context), [{ type: 'watchFunding' }, send('consumer', message)]);
  }
  invariant(held !== null, 'a trader holds its commitment 0 before it signs the funding');
  if (role === 'producer') {
    const { contract, proposal } = agreement;
    const signed = traderSigner(context).signCommitment(
      contract,
      held.ledger,
      'consumer',
      proposal.consumer.firstPoint,
    );
    const message = { type: 'funding_signed', temporaryId, ...signed, witnesses: own } as const;
    return goTo(waiting(state, null, context), [{ type: 'watchFunding' }, send('consumer', message)]);
  }
  const tx = completeFunding(agreement, { ...state.witnesses, consumer: own });
  return goTo(waiting(state, tx, context), [
    { type: 'watchFunding' },
    { type: 'broadcast', tx, purpose: 'funding' },
  ]);
}

function waiting(state: SigningFunding, fundingTx: Tx | null, context: Context): AwaitingFunding {
  const { role, agreement, held } = state;
  const { producer } = agreement;
  const { consumer } = agreement.proposal;
  return {
    type: 'awaitingFunding',
    role,
    identity: identityOf(agreement),
    held,
    points: {
      consumer: { first: consumer.firstPoint, second: consumer.secondPoint },
      producer: { first: producer.firstPoint, second: producer.secondPoint },
    },
    fundingTx,
    inputs: agreement.funding.inputs.map(({ txid, vout }) => ({ txid, vout })),
    depth: 0,
    height: context.height,
    since: context.height,
    readyFrom: [],
  };
}
