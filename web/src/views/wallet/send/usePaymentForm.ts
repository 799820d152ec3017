import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { NodeModel } from '../../../nodes/node.ts';
import type { Problem } from '../../../text/problems.ts';
import { type PaymentProblem, paymentProblem } from '../../../text/walletProblems.ts';
import type { AddressVerdict } from '../model/addressCheck.ts';
import { readRecipient } from '../model/bip21.ts';
import {
  type Draft,
  type DraftField,
  type DraftProblems,
  EMPTY_DRAFT,
  judgeDraft,
  type PaymentParams,
  withRecipient,
} from '../model/draft.ts';
import { type Estimates, SPEED_BLOCKS, SPEEDS } from '../model/fees.ts';
import { useLatest } from '../useLatest.ts';

/** An address is judged when one has stopped typing. */
const TYPING_PAUSE_MS = 250;

/** The fields of a payment, with what is wrong next to each. */
export interface PaymentForm {
  readonly draft: Draft;
  readonly estimates: Estimates | null;
  readonly problems: DraftProblems;
  /** Of the last try, in none of the fields. */
  readonly refusal: Problem | null;
  change(part: Partial<Draft>): void;
  changeRecipient(text: string): void;
  /** The payment, if every field is right; from then on empty fields are problems. */
  submit(): { readonly params: PaymentParams; readonly label: string } | null;
  /** Shows next to its field why the node said no. */
  refuse(error: unknown): PaymentProblem;
  clear(): void;
}

export function usePaymentForm(node: NodeModel): PaymentForm {
  const draft = useSignal<Draft>(EMPTY_DRAFT);
  const submitted = useSignal(false);
  const refused = useSignal<PaymentProblem | null>(null);
  const network = node.info.value?.network;
  const verdict = useAddressVerdict(draft, network);
  const estimates = useEstimates(node);
  const spendable = node.balance.value?.wallet.spendableSat;
  const judge = (isSubmitted: boolean) =>
    judgeDraft(draft.value, {
      spendableSat: spendable === undefined ? null : BigInt(spendable),
      estimates,
      verdict,
      network,
      submitted: isSubmitted,
    });
  const judged = judge(submitted.value);
  const edit = (next: Draft) => {
    draft.value = next;
    refused.value = null;
  };
  return {
    draft: draft.value,
    estimates,
    problems: {
      ...(refused.value !== null && isField(refused.value.field)
        ? { [refused.value.field]: refused.value }
        : {}),
      ...(judged.ok ? {} : judged.problems),
    },
    refusal: refused.value?.field === 'form' ? refused.value : null,
    change: (part) => edit({ ...draft.value, ...part }),
    changeRecipient: (text) => edit(withRecipient(draft.value, text)),
    submit: () => {
      submitted.value = true;
      refused.value = null;
      const final = judge(true);
      return final.ok ? final : null;
    },
    refuse: (error) => {
      const problem = paymentProblem(error);
      refused.value = problem;
      return problem;
    },
    clear: () => {
      edit(EMPTY_DRAFT);
      submitted.value = false;
    },
  };
}

function isField(field: PaymentProblem['field']): field is DraftField & PaymentProblem['field'] {
  return field !== 'form';
}

/** What the recipient's address is here. The rules of all kinds of addresses are loaded when the first one is typed. */
function useAddressVerdict(draft: Signal<Draft>, network: string | undefined): AddressVerdict | null {
  const verdict = useSignal<AddressVerdict | null>(null);
  const read = readRecipient(draft.value.recipient);
  const address = read.ok ? read.request.address : '';
  useEffect(() => {
    verdict.value = null;
    if (address === '' || network === undefined) return;
    let late = false;
    const timer = setTimeout(async () => {
      const rules = await import('../model/addressCheck.ts').catch(() => undefined);
      if (!late && rules !== undefined)
        verdict.value = rules.checkAddress(address, network as Parameters<typeof rules.checkAddress>[1]);
    }, TYPING_PAUSE_MS);
    return () => {
      late = true;
      clearTimeout(timer);
    };
  }, [address, network]);
  return verdict.value;
}

/** What the node says that each speed costs now: asked anew at each block. */
export function useEstimates(node: NodeModel): Estimates | null {
  return useLatest(async () => {
    const rates = await Promise.all(
      SPEEDS.map((speed) => node.call('estimateFee', { blocks: SPEED_BLOCKS[speed] })),
    );
    const [slow, normal, fast] = rates.map(({ feeRateSatPerKvB }) => BigInt(feeRateSatPerKvB));
    return { slow, normal, fast } as Estimates;
  }, [node, node.info.value?.blockHash]).value;
}
