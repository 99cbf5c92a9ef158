// How numbers and times are written.

/** A large number with a unit: `4.1 GB`, `12.9 k`. Powers of 1000, as in the filter language. */
function scaled(value: number, units: readonly string[]): string {
  let unit = 0;
  let rest = value;
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  const digits = unit === 0 || rest >= 99.95 ? 0 : 1;
  return `${rest.toFixed(digits)}${units[unit]}`;
}

export const bytesText = (bytes: number): string => scaled(bytes, [' B', ' kB', ' MB', ' GB', ' TB', ' PB']);
export const rateText = (rate: number): string => scaled(rate, [' B/s', ' kB/s', ' MB/s', ' GB/s', ' TB/s']);
export const countText = (count: number): string => Math.round(count).toLocaleString('en-US');
export const shortText = (count: number): string => scaled(count, ['', ' k', ' M', ' G']);

const SPANS = [
  [86_400, 'd', 3600, 'h'],
  [3600, 'h', 60, 'm'],
  [60, 'm', 1, 's'],
] as const;

/** A duration in its two largest units: `4d 23h`, `2h 11m`, `95 s`. */
export function spanText(seconds: number): string {
  if (seconds < 0) return `-${spanText(-seconds)}`;
  const whole = Math.floor(seconds);
  if (whole < 120) return `${whole} s`;
  const [large, unit, small, rest] = SPANS.find(([size]) => whole >= size)!;
  return `${Math.floor(whole / large)}${unit} ${Math.floor((whole % large) / small)}${rest}`;
}

export const markText = (mark: number): string => (mark < 10 ? String(mark) : `0x${mark.toString(16)}`);

/** An address and a port: `10.0.0.1:443`, `[2001:db8::1]:443`. */
export const endText = (address: string, port: number | undefined): string =>
  port === undefined ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`;

/** The time of day of an RFC 3339 time, in the browser's time zone. */
export const clockText = (time: Date): string => time.toTimeString().slice(0, 8);

/** A text as one word of a shell, whatever it contains: filters come from links and from captures. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
