import { useState } from 'preact/hooks';
import type { NodeModel } from '../../nodes/node.ts';
import { energyText } from '../../text/amounts.ts';
import { timeText } from '../../text/times.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { Input } from '../../ui/Input.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { useAction } from '../../ui/useAction.ts';
import { parseWhole } from './parse.ts';

interface Reading {
  readonly sequence: string;
  readonly time: number;
  readonly exportWh: string;
}

/** Reads a meter by hand, where no program reads it. */
export function MeterCard({ node }: { readonly node: NodeModel }) {
  const [exported, setExported] = useState('');
  const [imported, setImported] = useState('0');
  const [shown, setShown] = useState(false);
  const [last, setLast] = useState<Reading | null>(null);
  const exportWh = parseWhole(exported, 'watt-hours', 0, Number.MAX_SAFE_INTEGER);
  const importWh = parseWhole(imported, 'watt-hours', 0, Number.MAX_SAFE_INTEGER);
  const backwards =
    last !== null && exportWh.value !== null && BigInt(exportWh.value) < BigInt(last.exportWh)
      ? `The register stood at ${energyText(last.exportWh)} before: it only ever goes up.`
      : null;
  const read = useAction(async () => {
    const { value: channel } = node.channelKey;
    const reading = await node.call('readMeter', {
      ...(channel === null ? {} : { channel }),
      importWh: String(importWh.value ?? 0),
      exportWh: String(exportWh.value ?? 0),
    });
    setLast(reading);
  });
  const submit = (event: Event) => {
    event.preventDefault();
    setShown(true);
    if (exportWh.value !== null && importWh.value !== null && backwards === null) void read.run();
  };
  return (
    <Card title="Read the meter">
      <p class="hint">
        The meter signs what its registers show now, and the utility counts the units that it covers.
      </p>
      <form class="trade-form" onSubmit={submit} noValidate>
        <Input
          label="Export register"
          unit="Wh"
          mode="numeric"
          value={exported}
          onInput={setExported}
          error={shown ? (exportWh.problem ?? backwards) : null}
        />
        <Input
          label="Import register"
          unit="Wh"
          mode="numeric"
          value={imported}
          onInput={setImported}
          error={shown ? importWh.problem : null}
        />
        <Failure problem={read.problem} />
        <Button kind="primary" submit busy={read.busy}>
          Sign and send the reading
        </Button>
      </form>
      {last !== null && (
        <p role="status">
          Reading {last.sequence}, {timeText(last.time)} UTC: {energyText(last.exportWh)} exported.
        </p>
      )}
    </Card>
  );
}
