import { type Gap, type RecordCursor, ROW_KINDS } from './record.js';

/** Formats milliseconds since 1970 as RFC 3339 in UTC with six digits, as exact as the number is. */
function timeText(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  const microseconds = Math.floor((milliseconds - whole) * 1000);
  return `${new Date(whole).toISOString().slice(0, -1)}${String(microseconds).padStart(3, '0')}Z`;
}

/**
 * Returns a row as one line of NDJSON, without its newline: `{"type":"end","time":"…","flow":{…}}`. The type is one of {@link ROW_KINDS}.
 * `@conntrack/parser` reads such lines.
 */
export const rowJson = (row: RecordCursor): string =>
  `{"type":"${ROW_KINDS[row.kind()]}","time":"${timeText(row.time())}","flow":${JSON.stringify(row.flow())}}`;

/** Returns a gap as one line of NDJSON, without its newline: `{"type":"gap","from":"…","to":"…","cause":"…","reason":"…"}`. */
export const gapJson = ({ from, to, ...rest }: Gap): string =>
  JSON.stringify({ type: 'gap', from: timeText(from), to: timeText(to), ...rest });
