import { type Direction, type End, type FlowCursor, protocolOf, STATUS, statusNames } from '@conntrack/flow';
import {
  AF_INET,
  DESTINATION_NAT,
  isTranslated,
  ORIGINAL,
  ORIGINAL_DST,
  ORIGINAL_SRC,
  REPLY,
  SOURCE_NAT,
  type Translation,
} from '@conntrack/flow/codec';
import { printable } from '@conntrack/flow/text';
import { Cache } from '../cache.js';
import type { ByteWriter } from './byte-writer.js';
import { putIPv4, putIPv6 } from './digits.js';
import { fixedText, fixedTexts } from './fixed-text.js';
import { stateText } from './protocol-names.js';
import { putDuration, putQuantity } from './quantities.js';

/**
 * Writes a cell in ASCII; writes nothing if the flow does not have the value. `now`: milliseconds since 1970.
 */
type Cell = (cursor: FlowCursor, out: ByteWriter, now: number) => void;

/** A column of a table of flows. */
export interface TableColumn {
  readonly name: string;
  /** Whether its cells are aligned at their right. */
  readonly right: boolean;
  readonly cell: Cell;
  /** The text that nearly all flows have. A column where all have it says nothing. */
  readonly usual?: string;
}

/** A column with its width in characters. Longer cells are written whole. */
export interface PlacedColumn extends TableColumn {
  readonly width: number;
}

const COLON = 58;
const OPEN = 91;
const CLOSE = 93;
export const COMMA = fixedText(', ');
export const TYPE = fixedText(' type=');
export const CODE = fixedText(' code=');
export const ID = fixedText(' id=');
const KEY = fixedText(' key=');
export const SNAT = fixedText('snat -> ');
export const DNAT = fixedText('dnat -> ');

const bytes = new Uint8Array(16);
const view = new DataView(bytes.buffer);

/** Writes the address of an end; an IPv6 address in brackets if a port follows. */
function address(cursor: FlowCursor, end: End, port: number, out: ByteWriter): void {
  const last = cursor.word(end, 3);
  if (last < 0) return;
  view.setInt32(12, last);
  if (cursor.family() === AF_INET) out.at = putIPv4(out.view, out.at, bytes, 12);
  else {
    for (let i = 0; i < 3; i++) view.setInt32(i * 4, cursor.word(end, i as 0 | 1 | 2));
    if (port >= 0) out.byte(OPEN);
    out.at = putIPv6(out.view, out.at, view, 0, bytes);
    if (port >= 0) out.byte(CLOSE);
  }
  if (port < 0) return;
  out.byte(COLON);
  out.decimal(port);
}

/** Writes an address with its port or GRE key: `192.0.2.1:443`, `[2001:db8::1]:443`, `192.0.2.1 key=5`. */
function endpoint(cursor: FlowCursor, end: End, out: ByteWriter): void {
  const port = cursor.port(end);
  address(cursor, end, port, out);
  if (port >= 0) return;
  const key = cursor.greKey(end);
  if (key < 0) return;
  out.fixed(KEY);
  out.decimal(key);
}

/** Writes what ICMP has instead of ports. */
function icmp(cursor: FlowCursor, direction: Direction, out: ByteWriter): void {
  const type = cursor.icmpType(direction);
  if (type < 0) return;
  out.fixed(TYPE);
  out.decimal(type);
  const code = cursor.icmpCode(direction);
  if (code > 0) {
    out.fixed(CODE);
    out.decimal(code);
  }
  const id = cursor.icmpId(direction);
  if (id < 0) return;
  out.fixed(ID);
  out.decimal(id);
}

const translation = (cursor: FlowCursor, out: ByteWriter, { to }: Translation): void => endpoint(cursor, to, out);

/** Writes the addresses that others see: the new source, and the new destination. */
function nat(cursor: FlowCursor, out: ByteWriter): void {
  const source = isTranslated(cursor, SOURCE_NAT);
  if (source) {
    out.fixed(SNAT);
    translation(cursor, out, SOURCE_NAT);
  }
  if (!isTranslated(cursor, DESTINATION_NAT)) return;
  if (source) out.fixed(COMMA);
  out.fixed(DNAT);
  translation(cursor, out, DESTINATION_NAT);
}

export const protocols = fixedTexts(number => protocolOf(number).name);
export const REPLIES = STATUS.ASSURED | STATUS.SEEN_REPLY | STATUS.OFFLOAD | STATUS.HW_OFFLOAD;
/** The text for a missing state, for entries without a state: other protocols, and offloaded connections. */
export const replies = new Cache(status => {
  if ((status & STATUS.HW_OFFLOAD) !== 0) return fixedText('HW_OFFLOAD');
  if ((status & STATUS.OFFLOAD) !== 0) return fixedText('OFFLOAD');
  if ((status & STATUS.ASSURED) !== 0) return fixedText('ASSURED');
  return fixedText((status & STATUS.SEEN_REPLY) !== 0 ? 'SEEN_REPLY' : 'UNREPLIED');
});
export const statuses = new Cache(bits => fixedText(statusNames(bits).join(',')));

function state(cursor: FlowCursor, out: ByteWriter): void {
  const number = cursor.state();
  if (number >= 0) out.fixed(stateText(Math.max(0, cursor.protonum()), number));
  else if (cursor.status() >= 0) out.fixed(replies.of(cursor.status() & REPLIES));
}

const sum =
  (read: (cursor: FlowCursor, direction: Direction) => number): Cell =>
  (cursor, out) => {
    const one = read(cursor, ORIGINAL);
    const other = read(cursor, REPLY);
    if (one >= 0 || other >= 0) out.at = putQuantity(out.view, out.at, Math.max(0, one) + Math.max(0, other));
  };
const number =
  (read: (cursor: FlowCursor) => number): Cell =>
  (cursor, out) => {
    const value = read(cursor);
    if (value >= 0) out.decimal(value);
  };

function age(cursor: FlowCursor, out: ByteWriter, now: number): void {
  const start = cursor.start();
  const seconds = start >= 0 ? (now - start) / 1000 : (cursor.age?.() ?? -1);
  if (seconds >= 0) out.at = putDuration(out.view, out.at, Math.floor(seconds));
}

const left = (name: string, cell: Cell): TableColumn => ({ name, right: false, cell });
const right = (name: string, cell: Cell): TableColumn => ({ name, right: true, cell });

/** The columns that a table of flows can have, in their order. */
export const TABLE_COLUMNS: readonly TableColumn[] = [
  left('proto', (cursor, out) => out.fixed(protocols(Math.max(0, cursor.protonum())))),
  left('state', state),
  left('source', (cursor, out) => endpoint(cursor, ORIGINAL_SRC, out)),
  left('destination', (cursor, out) => {
    endpoint(cursor, ORIGINAL_DST, out);
    icmp(cursor, ORIGINAL, out);
  }),
  left('nat', nat),
  right(
    'packets',
    sum((cursor, direction) => cursor.packets(direction)),
  ),
  right(
    'bytes',
    sum((cursor, direction) => cursor.bytes(direction)),
  ),
  right(
    'rate',
    sum((cursor, direction) => cursor.rate?.(direction) ?? -1),
  ),
  right('age', age),
  right('timeout', (cursor, out) => {
    const seconds = cursor.timeout();
    if (seconds >= 0) out.at = putDuration(out.view, out.at, seconds);
  }),
  {
    ...right(
      'mark',
      number(cursor => cursor.mark()),
    ),
    usual: '0',
  },
  right(
    'zone',
    number(cursor => cursor.zone() || cursor.directionZone(ORIGINAL) || cursor.directionZone(REPLY) || -1),
  ),
  left('status', (cursor, out) => {
    const status = cursor.status();
    if (status >= 0) out.fixed(statuses.of(status));
  }),
  left('helper', (cursor, out) => out.text(printable(cursor.helper() ?? ''))),
  right(
    'id',
    number(cursor => cursor.id()),
  ),
];
