import { useMemo } from 'preact/hooks';
import { qrPath } from './model/qrPath.ts';

/** A QR code, dark on light in every theme: scanners expect that. */
export function QrCode({ text, title }: { readonly text: string; readonly title: string }) {
  const { size, path } = useMemo(() => qrPath(text), [text]);
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={title}>
      <path class="qr-light" d={`M0 0h${size}v${size}H0z`} />
      <path class="qr-dark" d={path} />
    </svg>
  );
}
