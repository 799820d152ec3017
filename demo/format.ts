/** Numbers and times as people read them. Pure. */

/** `1234567n` as `1,234,567`. */
export function thousands(value: bigint): string {
  const [sign, digits] = value < 0n ? ['-', String(-value)] : ['', String(value)];
  return sign + digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Satoshi of an amount in millisatoshi, with three decimals where there are any: `4.356`, `1,000`. */
export function satOf(msat: bigint): string {
  const size = msat < 0n ? -msat : msat;
  const whole = `${msat < 0n ? '-' : ''}${thousands(size / 1000n)}`;
  return size % 1000n === 0n ? whole : `${whole}.${String(size % 1000n).padStart(3, '0')}`;
}

/** The same, all decimal points in one column. */
export function satColumn(msat: bigint, width: number): string {
  const text = satOf(msat);
  return (text.includes('.') ? text : `${text}    `).padStart(width);
}

/** `1 unit`, `2 units`. */
export function counted(count: number, thing: string): string {
  return `${thousands(BigInt(count))} ${thing}${count === 1 ? '' : 's'}`;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Thu 5 Jan 13:30` of seconds on the clock of the readings. */
export function moment(seconds: number): string {
  const date = new Date(seconds * 1000);
  const day = `${DAYS[date.getUTCDay()]} ${String(date.getUTCDate()).padStart(2)} ${MONTHS[date.getUTCMonth()]}`;
  return `${day} ${clockTime(seconds)}`;
}

/** `13:30`. */
export function clockTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 16);
}

/** Text in lines of at most `width` characters, all but the first indented by `indent`. */
export function wrapped(text: string, width: number, indent = ''): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width || line.trim() === '') line = longer;
    else {
      lines.push(line);
      line = `${indent}${word}`;
    }
  }
  return [...lines, line];
}

/** The first characters of a transaction id, enough to tell it from others. */
export function short(txid: string): string {
  return `${txid.slice(0, 8)}…`;
}
