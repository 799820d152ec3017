import { msatText, satText } from '../text/amounts.ts';

/** An amount of satoshi, or of millisatoshi. Never a floating-point number. */
export function Amount(props: { readonly sat: bigint | string } | { readonly msat: bigint | string }) {
  return (
    <span class="amount">
      {'sat' in props ? satText(props.sat) : msatText(props.msat)}
      <span class="unit">{'\u202fsat'}</span>
    </span>
  );
}
