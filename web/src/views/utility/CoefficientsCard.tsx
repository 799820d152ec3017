import { useState } from 'preact/hooks';
import type { WorldState } from '../../../../lab/schema.ts';
import { demandPrice, PRICING_LIMIT } from '../../../../src/market/pricing.ts';
import { laboratory, stage } from '../../lab/laboratory.ts';
import { decimalText, parseDecimal } from '../../text/decimals.ts';
import { msats, wh } from '../../text/voice.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { Input } from '../../ui/Input.tsx';
import { Failure, Notice } from '../../ui/Notice.tsx';
import { useAction } from '../../ui/useAction.ts';
import { PriceCurve } from './PriceCurve.tsx';

const NAMES = ['a1', 'b1', 'c1'] as const;
type Name = (typeof NAMES)[number];
type Texts = Readonly<Record<Name, string>>;

/**
 * How a coefficient is shown: in msat per Wh for each kWh^2, kWh or alone. The protocol counts in MWh and in millionths,
 * so that many digits after the point are exact.
 */
const SHOWN = {
  a1: { digits: 12, unit: 'msat/Wh per kWh²', label: 'a1, with the square of the demand' },
  b1: { digits: 9, unit: 'msat/Wh per kWh', label: 'b1, with the demand' },
  c1: { digits: 6, unit: 'msat/Wh', label: 'c1, always' },
} as const satisfies Readonly<Record<Name, unknown>>;

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
    a1: parseDecimal(texts.a1, SHOWN.a1.digits, PRICING_LIMIT),
    b1: parseDecimal(texts.b1, SHOWN.b1.digits, PRICING_LIMIT),
    c1: parseDecimal(texts.c1, SHOWN.c1.digits, PRICING_LIMIT),
  };
  const scaled = (name: Name) => {
    const { [name]: value } = read;
    return 'scaled' in value ? value.scaled : null;
  };
  const [a1, b1, c1] = NAMES.map(scaled) as [bigint | null, bigint | null, bigint | null];
  const wanted = a1 === null || b1 === null || c1 === null ? null : { a1, b1, c1 };
  const price = wanted === null ? null : demandPrice(wanted, BigInt(world.demandWh));
  const action = useAction(async (chosen: NonNullable<typeof wanted>) => {
    await laboratory.value?.call('setWorld', {
      coefficients: { a1: String(chosen.a1), b1: String(chosen.b1), c1: String(chosen.c1) },
    });
    setSaid(true);
  });
  const unchanged =
    wanted !== null && NAMES.every((name) => String(wanted[name]) === world.coefficients[name]);
  return (
    <Card title="Tariff coefficients">
      <p>
        The price of a slot follows its demand D: <span class="formula">p = a1·D² + b1·D + c1</span>. More
        demand never costs less.
      </p>
      {NAMES.map((name) => {
        const { [name]: value } = read;
        return (
          <Input
            key={name}
            label={SHOWN[name].label}
            unit={SHOWN[name].unit}
            value={texts[name]}
            mode="numeric"
            error={'problem' in value ? value.problem : null}
            onInput={(text) => {
              setTexts({ ...texts, [name]: text });
              setSaid(false);
            }}
          />
        );
      })}
      {wanted !== null && <PriceCurve coefficients={wanted} demandWh={BigInt(world.demandWh)} />}
      {price !== null && (
        <p>
          {price.ok
            ? `At the demand of now, ${wh(world.demandWh)}: ${price.value} msat per Wh, ${msats(price.value * BigInt(world.unitEnergyWh))} for a unit of ${wh(world.unitEnergyWh)}.`
            : 'At the demand of now this gives no price: it has to be more than nothing.'}
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
  const text = (name: Name) => decimalText(coefficients[name], SHOWN[name].digits);
  return { a1: text('a1'), b1: text('b1'), c1: text('c1') };
}
