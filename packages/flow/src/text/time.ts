/**
 * Formats nanoseconds since 1970 (the kernel's `CTA_TIMESTAMP_START`) as RFC 3339 in UTC with nine digits. The number comes as two unsigned
 * 32-bit halves, because one JavaScript number would not be exact.
 */
export function formatNanoseconds(high: number, low: number): string {
  const nanoseconds = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  const milliseconds = Number(nanoseconds / 1_000_000n);
  const rest = String(nanoseconds % 1_000_000n).padStart(6, '0');
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${rest}Z`;
}

const rfc3339 = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/;

/** Parses RFC 3339 into nanoseconds since 1970; returns `undefined` for other text. */
export function parseNanoseconds(text: string): bigint | undefined {
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const milliseconds = Date.parse(`${match[1]}${match[3]}`);
  return Number.isNaN(milliseconds)
    ? undefined
    : BigInt(milliseconds) * 1_000_000n + BigInt((match[2] ?? '').padEnd(9, '0'));
}

/**
 * Parses RFC 3339 into milliseconds since 1970; returns NaN for other text. Fractions are exact to about a microsecond: compare with the
 * result, but do not store it.
 */
export function millisecondsOf(text: string): number {
  const nanoseconds = parseNanoseconds(text);
  return nanoseconds === undefined ? Number.NaN : Number(nanoseconds / 1000n) / 1000;
}
