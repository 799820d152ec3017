import { encodeQR } from 'qr';

/** A QR code as the path of a drawing: one unit for each module, with its quiet border. */
export interface QrPath {
  readonly size: number;
  readonly path: string;
}

/** What scanners need around a code, in modules. */
const QUIET = 4;

/** The QR code of a text. */
export function qrPath(text: string): QrPath {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: QUIET });
  return { size: rows.length, path: rows.map(rowPath).join('') };
}

/** One stroke for each run of dark modules. */
function rowPath(row: readonly boolean[], y: number): string {
  let path = '';
  for (let x = 0; x < row.length; x++) {
    if (row[x] !== true) continue;
    const from = x;
    while (row[x + 1] === true) x++;
    path += `M${from} ${y}h${x + 1 - from}v1h-${x + 1 - from}z`;
  }
  return path;
}
