import { useState } from 'preact/hooks';
import { ROLES, type Role } from '../../../../src/base/role.ts';
import { stage } from '../../lab/laboratory.ts';
import { feeRateText, parseAmount } from '../../text/amounts.ts';
import { parseDecimal, parseWhole } from '../../text/numbers.ts';
import { blocks, sats, shortId } from '../../text/voice.ts';
import { Button } from '../../ui/Button.tsx';
import { Input, Select } from '../../ui/Input.tsx';
import { useFields } from '../../ui/useFields.ts';
import { ExperimentCard } from './ExperimentCard.tsx';
import { useExperiment } from './experiment.ts';

const MOST_BLOCKS = 1000;
const MOST_DEPTH = 100;
const ROLE_OPTIONS = ROLES.map((role) => ({ value: role, text: role }));

export function MineCard() {
  const experiment = useExperiment();
  const [text, setText] = useState('6');
  const mine = (count: number) =>
    void experiment.run(`Mine ${blocks(count)}`, async (lab) => {
      const { height } = await lab.call('mine', { blocks: count });
      return `The chain is at block ${height}.`;
    });
  const fields = useFields({ blocks: parseWhole(text, 'blocks', 1, MOST_BLOCKS) }, (read) =>
    mine(read.blocks),
  );
  return (
    <ExperimentCard
      title="Mine blocks"
      what="Time on the chain is counted in blocks. Here they come when you want them, with everything that waits for one."
      danger="Deadlines pass with blocks: a unit in flight may be refused, and a channel may have to be left."
      section="deadlines-who-acts-at-which-height"
      experiment={experiment}
    >
      <Input
        label="Blocks"
        value={text}
        onInput={setText}
        mode="numeric"
        error={fields.error('blocks')}
        hint={`Now at block ${stage.value?.height ?? '…'}.`}
      />
      <div class="buttons">
        <Button kind="primary" busy={experiment.busy} onClick={fields.submit}>
          Mine
        </Button>
        <Button busy={experiment.busy} onClick={() => mine(1)}>
          One block
        </Button>
      </div>
    </ExperimentCard>
  );
}

export function ReorganiseCard() {
  const experiment = useExperiment();
  const [text, setText] = useState('2');
  const fields = useFields({ depth: parseWhole(text, 'blocks', 1, MOST_DEPTH) }, ({ depth }) =>
    experiment.run(`Reorganise ${blocks(depth)}`, async (lab) => {
      const { height } = await lab.call('reorganise', { depth });
      return `The last ${blocks(depth)} are gone; another chain took their place, up to block ${height}.`;
    }),
  );
  return (
    <ExperimentCard
      title="Reorganise the chain"
      what="Miners may find a longer chain, and the last blocks are undone. The nodes undo what they concluded from them, and send again what was in them."
      danger="What was confirmed is not any more, until it is mined again."
      section="12-watching-the-chain"
      experiment={experiment}
    >
      <Input
        label="Blocks to take back"
        value={text}
        onInput={setText}
        mode="numeric"
        error={fields.error('depth')}
      />
      <Button kind="danger" busy={experiment.busy} onClick={fields.submit}>
        Reorganise
      </Button>
    </ExperimentCard>
  );
}

/** Satoshi per 1,000 vB. */
const MOST_RATE = 1_000_000n;

export function FeesCard() {
  const experiment = useExperiment();
  const now = stage.value?.minimumFeeRateSatPerKvB;
  const [text, setText] = useState('20');
  const set = (satPerKvB: bigint) =>
    void experiment.run(`Set the least fee to ${feeRateText(satPerKvB)} sat/vB`, async (lab) => {
      await lab.call('setMinimumFee', { feeRateSatPerKvB: String(satPerKvB) });
      return `The Bitcoin node relays nothing below ${feeRateText(satPerKvB)} sat/vB.`;
    });
  const fields = useFields({ rate: parseDecimal(text, 3, MOST_RATE) }, ({ rate }) => set(rate));
  return (
    <ExperimentCard
      title="Raise or lower the fees"
      what="Restarts the Bitcoin node with another least fee. A commitment has a fixed fee, so above it a child has to pay for both; claims pay more as their deadline nears."
      danger="A transaction that pays less waits, while deadlines do not."
      section="fees"
      experiment={experiment}
    >
      <Input
        label="Least fee rate"
        unit="sat/vB"
        value={text}
        onInput={setText}
        mode="numeric"
        error={fields.error('rate')}
        hint={now === undefined ? '' : `Now ${feeRateText(now)} sat/vB.`}
      />
      <div class="buttons">
        <Button kind="primary" busy={experiment.busy} onClick={fields.submit}>
          Set
        </Button>
        <Button busy={experiment.busy} onClick={() => set(1000n)}>
          Back to 1 sat/vB
        </Button>
      </div>
    </ExperimentCard>
  );
}

export function FundCard() {
  const experiment = useExperiment();
  const [role, setRole] = useState<Role>('consumer');
  const [text, setText] = useState('1 000 000');
  const fields = useFields({ sat: parseAmount(text) }, ({ sat }) =>
    experiment.run(`Fund the ${role} with ${sats(sat)}`, async (lab) => {
      const { txid } = await lab.call('fund', { role, amountSat: String(sat) });
      return `The ${role} has ${sats(sat)} more, in one block (${shortId(txid)}).`;
    }),
  );
  return (
    <ExperimentCard
      title="Coins from the faucet"
      what="Pays a party coins of this regtest chain and mines the block that they are in."
      danger="Nothing can be lost: these coins are worth nothing."
      section="funding"
      experiment={experiment}
    >
      <Select label="Party" value={role} options={ROLE_OPTIONS} onChange={setRole} />
      <Input
        label="Amount"
        unit="sat"
        value={text}
        onInput={setText}
        mode="numeric"
        error={fields.error('sat')}
      />
      <Button kind="primary" busy={experiment.busy} onClick={fields.submit}>
        Fund
      </Button>
    </ExperimentCard>
  );
}
