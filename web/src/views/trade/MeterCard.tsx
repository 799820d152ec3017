import { useState } from 'preact/hooks';
import type { NodeModel } from '../../nodes/node.ts';
import { energyText } from '../../text/amounts.ts';
import { parseWhole } from '../../text/numbers.ts';
import { timeText } from '../../text/times.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { Form } from '../../ui/Form.tsx';
import { Input } from '../../ui/Input.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { useAction } from '../../ui/useAction.ts';
import { useFields } from '../../ui/useFields.ts';

interface Reading {
  readonly sequence: string;
  readonly time: number;
  readonly exportWh: string;
}

/** Reads a meter by hand, where no program reads it. */
export function MeterCard({ node }: { readonly node: NodeModel }) {
  const [exported, setExported] = useState('');
  const [imported, setImported] = useState('0');
  const [last, setLast] = useState<Reading | null>(null);
  const read = parseWhole(exported, 'watt-hours', 0, Number.MAX_SAFE_INTEGER);
  const isBackwards = last !== null && read.value !== null && BigInt(read.value) < BigInt(last.exportWh);
  const parsed = {
    exportWh: isBackwards
      ? {
          value: null,
          problem: `The register stood at ${energyText(last.exportWh)} before: it only ever goes up.`,
        }
      : read,
    importWh: parseWhole(imported, 'watt-hours', 0, Number.MAX_SAFE_INTEGER),
  };
  const send = useAction(async (registers: { readonly exportWh: number; readonly importWh: number }) => {
    const { value: channel } = node.channelKey;
    const reading = await node.call('readMeter', {
      ...(channel === null ? {} : { channel }),
      importWh: String(registers.importWh),
      exportWh: String(registers.exportWh),
    });
    setLast(reading);
  });
  const fields = useFields(parsed, send.run);
  return (
    <Card title="Read the meter">
      <p class="hint">
        The meter signs what its registers show now, and the utility counts the units that it covers.
      </p>
      <Form onSubmit={fields.submit}>
        <Input
          label="Export register"
          unit="Wh"
          mode="numeric"
          value={exported}
          onInput={setExported}
          error={fields.error('exportWh')}
        />
        <Input
          label="Import register"
          unit="Wh"
          mode="numeric"
          value={imported}
          onInput={setImported}
          error={fields.error('importWh')}
        />
        <Failure problem={send.problem} />
        <Button kind="primary" submit busy={send.busy}>
          Sign and send the reading
        </Button>
      </Form>
      {last !== null && (
        <p role="status">
          Reading {last.sequence}, {timeText(last.time)} UTC: {energyText(last.exportWh)} exported.
        </p>
      )}
    </Card>
  );
}
