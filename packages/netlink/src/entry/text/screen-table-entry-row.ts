import { STATUS } from '@conntrack/flow';
import { DESTINATION_NAT, SOURCE_NAT } from '@conntrack/flow/codec';
import { Layout } from '../layout.js';
import { Moment } from '../moment.js';
import type { EntryReader } from '../reader.js';
import { same } from './addresses.js';
import { putDecimal, putIPv4, putIPv6 } from './digits.js';
import { putFixed } from './fixed-text.js';
import { padCell } from './padding.js';
import { stateText } from './protocol-names.js';
import { putDuration, putQuantity } from './quantities.js';
import {
  CODE,
  COMMA,
  DNAT,
  ID,
  type PlacedColumn,
  protocols,
  REPLIES,
  replies,
  SNAT,
  statuses,
  TYPE,
} from './screen-table.js';

const ABSENT = 45;
const COLON = 58;
const OPEN = 91;
const CLOSE = 93;
const NEWLINE = 10;

/** Writes the cell of a common entry, and returns its end. */
type EntryCell = (entry: EntryReader, layout: Layout, out: DataView, at: number) => number;

/** Offsets of ports and of ICMP's members from the payload of CTA_TUPLE_PROTO. */
const FIRST_PORT = 12;
const SECOND_PORT = 20;
const ICMP_ID = 12;
const ICMP_TYPE = 20;
const ICMP_CODE = 28;
/** Offsets of the addresses from the payload of CTA_TUPLE_IP. */
const SRC = 8;
const dst = (layout: Layout): number => (layout.v4 ? 16 : 28);

/** Writes the address at an offset, with the port at another one. */
function endpoint(entry: EntryReader, layout: Layout, out: DataView, start: number, ip: number, port: number): number {
  const { view, buffer } = entry;
  let at = start;
  if (layout.v4) at = putIPv4(out, at, buffer, ip);
  else {
    if (layout.ports) out.setInt8(at++, OPEN);
    at = putIPv6(out, at, view, ip, buffer);
    if (layout.ports) out.setInt8(at++, CLOSE);
  }
  if (!layout.ports) return at;
  out.setInt8(at, COLON);
  return putDecimal(out, at + 1, view.getUint16(port));
}

const source: EntryCell = (entry, layout, out, at) =>
  endpoint(entry, layout, out, at, layout.originalIp + SRC, layout.originalProto + FIRST_PORT);

const destination: EntryCell = (entry, layout, out, start) => {
  const { originalIp, originalProto } = layout;
  const { view } = entry;
  let at = endpoint(entry, layout, out, start, originalIp + dst(layout), originalProto + SECOND_PORT);
  if (layout.ports) return at;
  at = putDecimal(out, putFixed(out, at, TYPE), view.getUint8(originalProto + ICMP_TYPE));
  const code = view.getUint8(originalProto + ICMP_CODE);
  if (code > 0) at = putDecimal(out, putFixed(out, at, CODE), code);
  return putDecimal(out, putFixed(out, at, ID), view.getUint16(originalProto + ICMP_ID));
};

const nat: EntryCell = (entry, layout, out, start) => {
  const { view } = entry;
  const { v4, ports, originalIp, originalProto, replyIp, replyProto } = layout;
  const status = layout.status === 0 ? 0 : view.getUint32(layout.status);
  const known = (status & STATUS.CONFIRMED) !== 0;
  const differs = (one: number, other: number): boolean => view.getUint16(one) !== view.getUint16(other);
  let at = start;
  // ICMP's identifier is where the first port is, in both directions.
  const second = ports ? SECOND_PORT : ICMP_ID;
  if (
    (!known || (status & SOURCE_NAT.bit) !== 0) &&
    (!same(view, originalIp + SRC, replyIp + dst(layout), v4) ||
      differs(originalProto + FIRST_PORT, replyProto + second))
  )
    at = endpoint(entry, layout, out, putFixed(out, at, SNAT), replyIp + dst(layout), replyProto + SECOND_PORT);
  if (
    (!known || (status & DESTINATION_NAT.bit) !== 0) &&
    (!same(view, originalIp + dst(layout), replyIp + SRC, v4) ||
      (ports && differs(originalProto + SECOND_PORT, replyProto + FIRST_PORT)))
  ) {
    if (at > start) at = putFixed(out, at, COMMA);
    at = endpoint(entry, layout, out, putFixed(out, at, DNAT), replyIp + SRC, replyProto + FIRST_PORT);
  }
  return at;
};

const sum =
  (offset: number): EntryCell =>
  ({ view }, { originalCounters, replyCounters }, out, at) => {
    if (originalCounters === 0 && replyCounters === 0) return at;
    const value = (counters: number): number =>
      counters === 0 ? 0 : view.getUint32(counters + offset) * 4294967296 + view.getUint32(counters + offset + 4);
    return putQuantity(out, at, value(originalCounters) + value(replyCounters));
  };

const word =
  (offsetIn: (layout: Layout) => number): EntryCell =>
  ({ view }, layout, out, at) => {
    const offset = offsetIn(layout);
    return offset === 0 ? at : putDecimal(out, at, view.getUint32(offset));
  };

const moment = new Moment();

/** The cells by the names of their columns. `now`: milliseconds since 1970. */
const cellsAt = (now: number): Readonly<Record<string, EntryCell>> => ({
  proto: (_, { protonum }, out, at) => putFixed(out, at, protocols(protonum)),
  state: ({ view }, { state, protonum, status }, out, at) => {
    if (state >= 0) return putFixed(out, at, stateText(protonum, state));
    return status === 0 ? at : putFixed(out, at, replies.of(view.getUint32(status) & REPLIES));
  },
  source,
  destination,
  nat,
  packets: sum(4),
  bytes: sum(16),
  // Only an index measures rates.
  rate: (_, __, ___, at) => at,
  age: ({ view }, { start }, out, at) => {
    if (start === 0 || !moment.read(view, start)) return at;
    const age = (now - (moment.seconds * 1000 + moment.nanoseconds / 1e6)) / 1000;
    return age < 0 ? at : putDuration(out, at, Math.floor(age));
  },
  timeout: ({ view }, { timeout }, out, at) => (timeout === 0 ? at : putDuration(out, at, view.getUint32(timeout))),
  mark: word(({ mark }) => mark),
  zone: ({ view }, { zone }, out, at) =>
    zone === 0 || view.getUint16(zone) === 0 ? at : putDecimal(out, at, view.getUint16(zone)),
  status: ({ view }, { status }, out, at) =>
    status === 0 ? at : putFixed(out, at, statuses.of(view.getUint32(status))),
  // An entry with a helper is not a common one.
  helper: (_, __, ___, at) => at,
  id: word(({ id }) => id),
});

/** Writes common entries as lines of a table, several times as fast as cell by cell through the cursor. */
export class TableEntryRow {
  readonly #layout = new Layout();
  readonly #columns: readonly (PlacedColumn & { entryCell: EntryCell })[];

  constructor(columns: readonly PlacedColumn[], now: number) {
    const cells = cellsAt(now);
    this.#columns = columns.map(column => ({ ...column, entryCell: cells[column.name]! }));
  }

  /** Like `LineRow.put`: writes the line with its line end, for which 2 KiB must be free; returns −1 for other entries. */
  put(entry: EntryReader, out: DataView, start: number): number {
    const layout = this.#layout;
    if (!layout.find(entry) || layout.extended) return -1;
    const columns = this.#columns;
    const last = columns.length - 1;
    let at = start;
    for (let i = 0; i <= last; i++) {
      const { entryCell, width, right } = columns[i]!;
      let end = entryCell(entry, layout, out, at);
      if (end === at) out.setInt8(end++, ABSENT);
      at = padCell(out, at, end, width, right, i === last);
    }
    out.setInt8(at, NEWLINE);
    return at + 1;
  }
}
