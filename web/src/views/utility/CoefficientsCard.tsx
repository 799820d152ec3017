import { useState } from 'preact/hooks';
import type { WorldState } from '../../../../lab/schema.ts';
import { demandPrice, PRICING_LIMIT } from '../../../../src/market/pricing.ts';
import { laboratory, stage } from '../../lab/laboratory.ts';
import { COEFFICIENT_NAMES, COEFFICIENTS } from '../../market/curve.ts';
import { PriceCurve } from '../../market/PriceCurve.tsx';
import { energyText, priceText } from '../../text/amounts.ts';
import { decimalText, parseDecimal } from '../../text/numbers.ts';
import { msats } from '../../text/voice.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { Input } from '../../ui/Input.tsx';
import { Failure, Notice } from '../../ui/Notice.tsx';
import { useAction } from '../../ui/useAction.ts';

type Name = (typeof COEFFICIENT_NAMES)[number];
type Texts = Readonly<Record<Name, string>>;

const LABELS: Readonly<Record<Name, string>> = {
  a1: 'a1, with the square of the demand',
  b1: 'b1, with the demand',
  c1: 'c1, always',
};

/** The coefficients of the price, with the curve that they make. In the demo they are the world’s. */
export function CoefficientsCard() {
  const world = stage.value?.world;
  if (laboratory.value === null || world === undefined) return null;
  return <Coefficients world={world} />;
}

function Coefficients({ world }: { readonly world: WorldState }) {
  const [texts, setTexts] = useState<Texts>(() => textsOf(world));
  const [said, setSaid] = useState(false);
  const read = {
    a1: parseDecimal(texts.a1, COEFFICIENTS.a1.digits, PRICING_LIMIT),
    b1: parseDecimal(texts.b1, COEFFICIENTS.b1.digits, PRICING_LIMIT),
    c1: parseDecimal(texts.c1, COEFFICIENTS.c1.digits, PRICING_LIMIT),
  };
  const { a1, b1, c1 } = read;
  const wanted =
    a1.value === null || b1.value === null || c1.value === null
      ? null
      : { a1: a1.value, b1: b1.value, c1: c1.value };
  const price = wanted === null ? null : demandPrice(wanted, BigInt(world.demandWh));
  const action = useAction(async (chosen: NonNullable<typeof wanted>) => {
    await laboratory.value?.call('setWorld', {
      coefficients: { a1: String(chosen.a1), b1: String(chosen.b1), c1: String(chosen.c1) },
    });
    setSaid(true);
  });
  const unchanged =
    wanted !== null && COEFFICIENT_NAMES.every((name) => String(wanted[name]) === world.coefficients[name]);
  return (
    <Card title="Tariff coefficients">
      <p>The price of a slot follows its demand D: more demand never costs less.</p>
      {COEFFICIENT_NAMES.map((name) => {
        const { problem } = read[name];
        return (
          <Input
            key={name}
            label={LABELS[name]}
            unit={COEFFICIENTS[name].unit}
            value={texts[name]}
            mode="numeric"
            error={problem}
            onInput={(text) => {
              setTexts({ ...texts, [name]: text });
              setSaid(false);
            }}
          />
        );
      })}
      {wanted !== null && <PriceCurve coefficients={wanted} demandWh={BigInt(world.demandWh)} />}
      {price?.ok === true && (
        <p>
          At the demand of now, {energyText(world.demandWh)}: {priceText(price.value)},{' '}
          {msats(price.value * BigInt(world.unitEnergyWh))} for a unit of {energyText(world.unitEnergyWh)}.
        </p>
      )}
      <div class="buttons">
        <Button
          kind="primary"
          busy={action.busy}
          disabled={wanted === null || unchanged || price?.ok !== true}
          onClick={() => wanted !== null && void action.run(wanted)}
        >
          Set
        </Button>
        <Button kind="quiet" onClick={() => setTexts(textsOf(world))}>
          As they are
        </Button>
      </div>
      {said && unchanged && (
        <Notice tone="good">
          <p>Set. The next tariff has this price; what was ordered before keeps its own.</p>
        </Notice>
      )}
      <Failure problem={action.problem} />
    </Card>
  );
}

function textsOf({ coefficients }: WorldState): Texts {
  const text = (name: Name) => decimalText(coefficients[name], COEFFICIENTS[name].digits);
  return { a1: text('a1'), b1: text('b1'), c1: text('c1') };
}
