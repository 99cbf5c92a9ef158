import { putCounter, putDecimal, putHalf } from './digits.js';
import { type FixedText, putFixed } from './fixed-text.js';

// The parts of a direction that the rows of all formats write, each after its name. `proto` is the offset of the payload of
// CTA_TUPLE_PROTO, as in `Layout`.

/** Writes both ports. */
export const putPorts = (
  out: DataView,
  at: number,
  source: FixedText,
  destination: FixedText,
  view: DataView,
  proto: number,
): number => putHalf(out, putHalf(out, at, source, view, proto + 12), destination, view, proto + 20);

/** Writes ICMP's type, code and identifier. */
export function putIcmp(
  out: DataView,
  start: number,
  type: FixedText,
  code: FixedText,
  id: FixedText,
  view: DataView,
  proto: number,
): number {
  const at = putDecimal(out, putFixed(out, start, type), view.getUint8(proto + 20));
  return putHalf(out, putDecimal(out, putFixed(out, at, code), view.getUint8(proto + 28)), id, view, proto + 12);
}

/** Writes packets and bytes; writes nothing if their offset is 0. */
export function putCounters(
  out: DataView,
  start: number,
  packets: FixedText,
  bytes: FixedText,
  view: DataView,
  counters: number,
): number {
  if (counters === 0) return start;
  const at = putCounter(out, putFixed(out, start, packets), view, counters + 4);
  return putCounter(out, putFixed(out, at, bytes), view, counters + 16);
}
