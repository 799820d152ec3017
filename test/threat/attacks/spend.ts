import { sat } from '../../../src/base/amount.ts';
import { equalBytes } from '../../../src/base/bytes.ts';
import { TRADERS, type Trader } from '../../../src/base/role.ts';
import { buildClaim } from '../../../src/tx/claim.ts';
import type { Commitment } from '../../../src/tx/commitment.ts';
import { ANCHOR_SAT, ANCHOR_SCRIPT, witnessScript } from '../../../src/tx/outputs.ts';
import { type Spend, signingKeys, witnessOf } from '../../../src/tx/spending.ts';
import { sighashV0, type Tx, txid, unsignedInput, vsize, withWitness } from '../../../src/tx/transaction.ts';
import { spendsOf } from '../../support/spends.ts';
import { type Attack, attackOf, EITHER } from '../attack.ts';
import type { Attacker } from '../attacker.ts';
import { letterOf } from '../coalition.ts';
import { WINDOW } from '../fixture.ts';
import { recognise } from '../sweep.ts';

/** Publishes a trader's newest commitment and has it confirmed. */
async function publishNewest(attacker: Attacker<Trader>, trader: Trader): Promise<Commitment | undefined> {
  const state = attacker.ownStates(trader).at(-1);
  if (state === undefined) return undefined;
  const tx = attacker.complete(state);
  await attacker.world.ground.chain.broadcast(tx);
  await attacker.world.block();
  return attacker.world.tree?.spend?.txid === txid(tx) ? attacker.build(state) : undefined;
}

/** Spends an output of the commitment in a way, with signatures by `key` wherever the way asks for one. */
function forced(attacker: Attacker, commitment: Commitment, vout: number, spend: Spend, key: Uint8Array): Tx {
  const output = commitment.outputs[vout];
  if (output === undefined) throw new Error(`no output ${vout}`);
  const input = { outpoint: { txid: txid(commitment.tx), vout }, value: output.value, spend };
  const claim = buildClaim([input], attacker.payout, 1_000n, attacker.contract.params.dustLimitSat);
  if (!claim.ok) throw new Error(claim.error.code);
  const hash = sighashV0(claim.value.tx, 0, witnessScript(spend.spec), output.value);
  const signature = attacker.keys.sign(hash, key);
  return withWitness(
    claim.value.tx,
    0,
    witnessOf(
      spend,
      signingKeys(spend).map(() => signature),
    ),
  );
}

/** Every output of a confirmed commitment, in every way, with a key that is not the right one. */
async function tryAll(attacker: Attacker, commitment: Commitment, key: Uint8Array): Promise<void> {
  for (const [vout, output] of commitment.outputs.entries()) {
    if (output.kind === 'anchor') continue;
    for (const spend of spendsOf(output, new Uint8Array(32))) {
      if (signingKeys(spend).every((each) => attacker.keys.has(each))) continue;
      const tx = forced(attacker, commitment, vout, spend, key);
      await attacker.submit(`${output.kind} by ${spend.path}, signed with another key`, tx);
    }
  }
}

/** The child is as large as version 3 allows, at the least fee rate. */
const PIN_OUTPUTS = 19;
const PIN_OUTPUTS_BIGINT = BigInt(PIN_OUTPUTS);
const PIN_COSTS = 10_000n;

const ofTrader = (trader: Trader): readonly Attack[] => {
  const letter = letterOf(trader);
  return [
    attackOf({
      name: `early-${letter}`,
      what: `${letter} publishes its newest commitment and spends \`to_broadcaster\` before \`toSelfDelay\` is over`,
      needs: [trader],
      stages: ['idle', 'attested'],
      modes: EITHER,
      refused: true,
      run: async (attacker) => {
        const commitment = await publishNewest(attacker, trader);
        for (const [vout, output] of commitment?.outputs.entries() ?? []) {
          if (commitment === undefined || output.kind !== 'toBroadcaster') continue;
          const spec = output.spec;
          if (spec.type !== 'toBroadcaster') continue;
          const own = attacker.contract.keys[trader].delayed;
          const onTime = forced(attacker, commitment, vout, { path: 'delayed', spec }, own);
          await attacker.submit('before the delay', onTime);
          const lowered = { path: 'delayed', spec } as const;
          const tx = forced(attacker, commitment, vout, lowered, own);
          const [input] = tx.inputs;
          if (input === undefined) continue;
          await attacker.submit('with a shorter relative lock', {
            ...tx,
            inputs: [{ ...input, sequence: 1 }],
          });
        }
      },
    }),
    attackOf({
      name: `others-${letter}`,
      what: `${letter} publishes its newest commitment and signs for every output that is not its own with its own key`,
      needs: [trader],
      stages: ['idle', 'ordered', 'attested'],
      modes: EITHER,
      refused: true,
      run: async (attacker) => {
        const commitment = await publishNewest(attacker, trader);
        if (commitment !== undefined)
          await tryAll(attacker, commitment, attacker.contract.keys[trader].payment);
      },
    }),
    attackOf({
      name: `pin-${letter}`,
      what: `${letter} publishes its newest commitment with the largest child on the anchor that the mempool takes`,
      needs: [trader],
      stages: ['idle', 'ordered', 'attested'],
      modes: EITHER,
      run: async (attacker) => {
        const state = attacker.ownStates(trader).at(-1);
        if (state === undefined) return;
        const tx = attacker.complete(state);
        await attacker.submit('newest commitment', tx);
        const vout = tx.outputs.findIndex(({ script }) => equalBytes(script, ANCHOR_SCRIPT));
        const wallet = await attacker.wallet(trader);
        const coin = wallet.coins().find(({ value }) => value > PIN_COSTS);
        if (coin === undefined) throw new Error(`${trader} has no coin for a child`);
        const script = await wallet.newScript();
        const small = { value: attacker.contract.params.dustLimitSat, script };
        const child: Tx = {
          version: 3,
          inputs: [unsignedInput({ txid: txid(tx), vout }), unsignedInput(coin)],
          outputs: Array.from({ length: PIN_OUTPUTS }, () => small),
          locktime: 0,
        };
        const paid = BigInt(vsize(child)) + PIN_OUTPUTS_BIGINT * small.value + 100n;
        const change = { value: sat(coin.value + ANCHOR_SAT - paid), script };
        const signed = wallet.signTx({ ...child, outputs: [...child.outputs.slice(1), change] }, [tx]);
        if (!signed.ok) throw new Error(signed.error.code);
        await attacker.submit('a child on the anchor', signed.value);
      },
    }),
  ];
};

export const SPEND: readonly Attack[] = [
  ...TRADERS.flatMap(ofTrader),
  attackOf({
    name: 'no-preimage-B',
    what: 'B publishes its newest commitment and takes the delivery in flight without R, in time and after expiry',
    needs: ['producer'],
    stages: ['ordered', 'refused'],
    modes: EITHER,
    refused: true,
    run: async (attacker) => {
      const commitment = await publishNewest(attacker, 'producer');
      if (commitment === undefined) return;
      const key = attacker.contract.keys.producer.delayed;
      for (const [vout, output] of commitment.outputs.entries()) {
        if (output.kind !== 'delivery' || output.spec.type !== 'sellerDelivery') continue;
        if (attacker.preimageOf(output.spec.lock) !== undefined) continue;
        const { spec } = output;
        await attacker.world.blocks(WINDOW);
        for (const preimage of [new Uint8Array(32), spec.lock, new Uint8Array(0)])
          await attacker.submit(
            `a preimage of ${preimage.length} bytes that is none`,
            forced(attacker, commitment, vout, { path: 'preimage', spec, preimage }, key),
          );
      }
    },
  }),
  attackOf({
    name: 'others-U',
    what: 'U waits for an honest commitment and signs for every output that is not its own, and for a delivery before its expiry',
    needs: ['utility'],
    stages: ['ordered', 'delivered'],
    modes: EITHER,
    refused: true,
    run: async (attacker) => {
      while (attacker.world.tree?.spend === undefined) await attacker.world.block();
      const commitment = recognise(attacker, attacker.world.tree.spend.txid);
      if (commitment === undefined) return;
      const key = attacker.contract.keys.utility.payment;
      await tryAll(attacker, commitment, key);
      for (const [vout, output] of commitment.outputs.entries()) {
        if (output.kind !== 'delivery' || attacker.includes(output.delivery.seller)) continue;
        const { spec } = output;
        if (spec.type !== 'sellerDelivery' && spec.type !== 'buyerDelivery') continue;
        if (attacker.world.ground.height() >= spec.expiry) continue;
        const tx = forced(attacker, commitment, vout, { path: 'expiry', spec }, key);
        await attacker.submit('a delivery before its expiry', tx);
        await attacker.submit('a delivery with no locktime', { ...tx, locktime: 0 });
      }
    },
  }),
];
