import type { Layout } from '../layout.js';
import { putHalf, putWord } from './digits.js';
import { type FixedText, fixedText, putFixed } from './fixed-text.js';
import { putCounters, putPorts } from './tuple-parts.js';
import { DPORT, PORTS_END, SPORT } from './xml-tags.js';

// What the rows of conntrack(8)'s XML and of the whole XML share.

/** The text before the first address of a direction, for each family. */
export const layer3 = (direction: string, before: string): { v4: FixedText; v6: FixedText } => ({
  v4: fixedText(`${before}<meta direction="${direction}"><layer3 protonum="2" protoname="ipv4"><src>`),
  v6: fixedText(`${before}<meta direction="${direction}"><layer3 protonum="10" protoname="ipv6"><src>`),
});

/** The tags around a value. */
type Tags = readonly [FixedText, FixedText];
const tags = (name: string): Tags => [fixedText(`<${name}>`), fixedText(`</${name}>`)];
export const STATE = tags('state');
const TIMEOUT = tags('timeout');
const MARK = tags('mark');
const USE = tags('use');
const ID = tags('id');
export const DELTA = tags('deltatime');
const ZONE = tags('zone');
const PACKETS = fixedText('<counters><packets>');
const BYTES = fixedText('</packets><bytes>');
const COUNTERS_END = fixedText('</bytes></counters>');

/** Writes a value of 32 bits; writes nothing if its offset is 0. */
const putElement = (out: DataView, at: number, [open, close]: Tags, view: DataView, offset: number): number =>
  offset === 0 ? at : putFixed(out, putWord(out, at, open, view, offset), close);

/** Writes the zone; writes nothing if it or its offset is 0. */
const putZone = (out: DataView, at: number, view: DataView, offset: number): number =>
  offset === 0 || view.getUint16(offset) === 0 ? at : putFixed(out, putHalf(out, at, ZONE[0], view, offset), ZONE[1]);

/** Writes both ports and the end of the layer. */
export const putXmlPorts = (out: DataView, at: number, view: DataView, proto: number): number =>
  putFixed(out, putPorts(out, at, SPORT, DPORT, view, proto), PORTS_END);

/** Writes packets and bytes of a direction; writes nothing if their offset is 0. */
export const putXmlCounters = (out: DataView, at: number, view: DataView, counters: number): number =>
  counters === 0 ? at : putFixed(out, putCounters(out, at, PACKETS, BYTES, view, counters), COUNTERS_END);

/** Writes the elements that belong to both directions, from the timeout to the id, each if it is present. */
export function putShared(out: DataView, start: number, view: DataView, layout: Layout): number {
  let at = putElement(out, start, TIMEOUT, view, layout.timeout);
  at = putElement(out, at, MARK, view, layout.mark);
  at = putZone(out, at, view, layout.zone);
  at = putElement(out, at, USE, view, layout.use);
  return putElement(out, at, ID, view, layout.id);
}
