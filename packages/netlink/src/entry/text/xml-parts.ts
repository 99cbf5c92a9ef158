import { putHalf, putWord } from './addresses.js';
import { putCounter } from './digits.js';
import { type FixedText, fixedText, putFixed } from './fixed-text.js';
import { DPORT, PORTS_END, SPORT } from './xml-tags.js';

// What the rows of conntrack(8)'s XML and of the whole one have in common.

/** What stands before the first address of a direction, for each family. */
export const layer3 = (direction: string, before: string): { v4: FixedText; v6: FixedText } => ({
  v4: fixedText(`${before}<meta direction="${direction}"><layer3 protonum="2" protoname="ipv4"><src>`),
  v6: fixedText(`${before}<meta direction="${direction}"><layer3 protonum="10" protoname="ipv6"><src>`),
});

/** The tags around a value. */
export type Tags = readonly [FixedText, FixedText];
const tags = (name: string): Tags => [fixedText(`<${name}>`), fixedText(`</${name}>`)];
export const STATE = tags('state');
export const TIMEOUT = tags('timeout');
export const MARK = tags('mark');
export const USE = tags('use');
export const ID = tags('id');
export const DELTA = tags('deltatime');
const ZONE = tags('zone');
const PACKETS = fixedText('<counters><packets>');
const BYTES = fixedText('</packets><bytes>');
const COUNTERS_END = fixedText('</bytes></counters>');

/** A value of 32 bits; nothing where its offset is 0. */
export const putElement = (out: DataView, at: number, [open, close]: Tags, view: DataView, offset: number): number =>
  offset === 0 ? at : putFixed(out, putWord(out, at, open, view, offset), close);

/** The zone; nothing where it is 0, or its offset is. */
export const putZone = (out: DataView, at: number, view: DataView, offset: number): number =>
  offset === 0 || view.getUint16(offset) === 0 ? at : putFixed(out, putHalf(out, at, ZONE[0], view, offset), ZONE[1]);

/** Both ports, from where CTA_TUPLE_PROTO's payload begins, and the end of the layer. */
export const putPorts = (out: DataView, at: number, view: DataView, proto: number): number =>
  putFixed(out, putHalf(out, putHalf(out, at, SPORT, view, proto + 12), DPORT, view, proto + 20), PORTS_END);

/** Packets and bytes of a direction; nothing where their offset is 0. */
export function putCounters(out: DataView, start: number, view: DataView, counters: number): number {
  if (counters === 0) return start;
  const at = putCounter(out, putFixed(out, start, PACKETS), view, counters + 4);
  return putFixed(out, putCounter(out, putFixed(out, at, BYTES), view, counters + 16), COUNTERS_END);
}
