import { type Direction, type End, protocolOf } from '@conntrack/flow';
import { AF_INET, ORIGINAL, ORIGINAL_DST, ORIGINAL_SRC, REPLY, REPLY_DST, REPLY_SRC } from '@conntrack/flow/codec';
import { COLUMNS } from '@conntrack/flow/columns';
import { formatNanoseconds, hasControls, printableJson } from '@conntrack/flow/text';
import {
  CTA_LABELS,
  CTA_SEQ_ADJ_ORIG,
  CTA_SEQ_ADJ_REPLY,
  CTA_TIMESTAMP,
  CTA_TIMESTAMP_START,
  CTA_TIMESTAMP_STOP,
  CTA_TUPLE_MASTER,
} from '../../wire/uapi.js';
import { protoInfoOf } from '../protoinfo.js';
import type { EntryReader } from '../reader.js';
import type { ByteWriter } from './byte-writer.js';
import { CsvRow, statusCells, synproxyCell } from './csv-row.js';
import { fixedText, fixedTexts } from './fixed-text.js';
import { putKeyOf } from './key.js';
import { stateText } from './protocol-names.js';
import { synproxyOf } from './trackers.js';
import { writeAddress } from './write-address.js';

/** A column of a CSV: its name in `fields=`. */
export interface CsvColumn {
  readonly name: string;
}

/** Writes a cell, empty if the entry does not have the field. Returns false for an entry whose cell must be written from its flow. */
type Cell = (entry: EntryReader, out: ByteWriter) => boolean;

const COMMA = 44;
const FAMILIES = [fixedText('ipv4'), fixedText('ipv6')];
const protocols = fixedTexts(number => protocolOf(number).name);
const ROLES = [fixedText('client'), fixedText('server')];
const LINE_END = fixedText('\r\n');

const number =
  (read: (entry: EntryReader) => number): Cell =>
  (entry, out) => {
    const value = read(entry);
    if (value >= 0) out.decimal(value);
    return true;
  };
const address =
  (end: End): Cell =>
  (entry, out) => {
    if (entry.word(end, 3) < 0) return false;
    writeAddress(entry, end, out);
    return true;
  };
const sum =
  (read: (entry: EntryReader, direction: Direction) => number): Cell =>
  (entry, out) => {
    const [one, other] = [read(entry, ORIGINAL), read(entry, REPLY)];
    if (one >= 0 || other >= 0) out.decimal(Math.max(0, one) + Math.max(0, other));
    return true;
  };
/** Text without quotes and escapes. A cell with other text is written from the flow. */
const text =
  (read: (entry: EntryReader) => string | undefined): Cell =>
  (entry, out) => {
    const value = read(entry);
    if (value === undefined || value === '') return true;
    if (/^["[{]|[",]|^\s|\s$/.test(value) || hasControls(value)) return false;
    out.text(value);
    return true;
  };
/** A rare field whose value is an object. */
const absent =
  (...attributes: number[]): Cell =>
  entry =>
    attributes.every(attribute => entry.locate(attribute) === 0);
const nothing: Cell = () => true;
const time = (which: number) =>
  text(entry => {
    const at = entry.inside(CTA_TIMESTAMP, which, 8);
    if (at === 0) return undefined;
    const [high, low] = [entry.view.getUint32(at), entry.view.getUint32(at + 4)];
    return high === 0 && low === 0 ? undefined : formatNanoseconds(high, low);
  });
/** ICMP's code and identifier are 0 if an entry has only a type. */
const icmp = (direction: Direction, read: (entry: EntryReader) => number): Cell =>
  number(entry => (entry.port(0) >= 0 || entry.icmpType(direction) < 0 ? -1 : Math.max(0, read(entry))));

function statusCell(entry: EntryReader, out: ByteWriter): boolean {
  const status = entry.status();
  if (status >= 0) out.fixed(statusCells.of(status));
  return true;
}

function labelCell(entry: EntryReader, out: ByteWriter): boolean {
  const at = entry.locate(CTA_LABELS);
  if (at === 0) return true;
  let written = false;
  for (let label = 0; label < (entry.stopOf(CTA_LABELS) - at) * 8; label++) {
    if (!entry.hasLabel(label)) continue;
    if (written) out.byte(32);
    out.decimal(label);
    written = true;
  }
  return true;
}

function keyCell(entry: EntryReader, out: ByteWriter): boolean {
  const id = entry.id();
  if (id >= 0) out.at = putKeyOf(out.view, out.at, entry, id);
  return true;
}

function protoinfoCell(entry: EntryReader, out: ByteWriter): boolean {
  const info = protoInfoOf(entry);
  if (info !== undefined) out.text(`"${printableJson(info).replaceAll('"', '""')}"`);
  return true;
}

function writeSynproxy(entry: EntryReader, out: ByteWriter): boolean {
  const at = synproxyOf(entry);
  if (at > 0) out.at = synproxyCell.put(out.view, out.at, entry.view, at);
  return at >= 0;
}

const CELLS: Readonly<Record<string, Cell>> = {
  key: keyCell,
  family: (entry, out) => {
    out.fixed(FAMILIES[entry.family() === AF_INET ? 0 : 1]!);
    return true;
  },
  proto: (entry, out) => {
    out.fixed(protocols(Math.max(0, entry.protonum())));
    return true;
  },
  protonum: number(entry => Math.max(0, entry.protonum())),
  state: (entry, out) => {
    const state = entry.state();
    if (state >= 0) out.fixed(stateText(Math.max(0, entry.protonum()), state));
    return true;
  },
  status: statusCell,
  timeout: number(entry => entry.timeout()),
  src: address(ORIGINAL_SRC),
  dst: address(ORIGINAL_DST),
  sport: number(entry => entry.port(ORIGINAL_SRC)),
  dport: number(entry => entry.port(ORIGINAL_DST)),
  'orig.packets': number(entry => entry.packets(ORIGINAL)),
  'orig.bytes': number(entry => entry.bytes(ORIGINAL)),
  'reply.src': address(REPLY_SRC),
  'reply.dst': address(REPLY_DST),
  'reply.sport': number(entry => entry.port(REPLY_SRC)),
  'reply.dport': number(entry => entry.port(REPLY_DST)),
  'reply.packets': number(entry => entry.packets(REPLY)),
  'reply.bytes': number(entry => entry.bytes(REPLY)),
  packets: sum((entry, direction) => entry.packets(direction)),
  bytes: sum((entry, direction) => entry.bytes(direction)),
  // Only an index has these.
  'orig.rate': nothing,
  'reply.rate': nothing,
  rate: nothing,
  'first-seen': nothing,
  node: nothing,
  'icmp.type': number(entry => entry.icmpType(ORIGINAL)),
  'icmp.code': icmp(ORIGINAL, entry => entry.icmpCode(ORIGINAL)),
  'icmp.id': icmp(ORIGINAL, entry => entry.icmpId(ORIGINAL)),
  'reply.icmp.type': number(entry => entry.icmpType(REPLY)),
  'reply.icmp.code': icmp(REPLY, entry => entry.icmpCode(REPLY)),
  'reply.icmp.id': icmp(REPLY, entry => entry.icmpId(REPLY)),
  'gre.srckey': number(entry => entry.greKey(ORIGINAL_SRC)),
  'gre.dstkey': number(entry => entry.greKey(ORIGINAL_DST)),
  'reply.gre.srckey': number(entry => entry.greKey(REPLY_SRC)),
  'reply.gre.dstkey': number(entry => entry.greKey(REPLY_DST)),
  mark: number(entry => entry.mark()),
  zone: number(entry => entry.zone() || -1),
  'orig.zone': number(entry => entry.directionZone(ORIGINAL) || -1),
  'reply.zone': number(entry => entry.directionZone(REPLY) || -1),
  label: labelCell,
  helper: text(entry => entry.helper()),
  secctx: text(entry => entry.secctx()),
  secmark: number(entry => entry.secmark()),
  use: number(entry => entry.use()),
  id: number(entry => entry.id()),
  start: time(CTA_TIMESTAMP_START),
  stop: time(CTA_TIMESTAMP_STOP),
  'delta-time': nothing,
  'orig.sctp.vtag': number(entry => entry.vtag(ORIGINAL)),
  'reply.sctp.vtag': number(entry => entry.vtag(REPLY)),
  'dccp.role': (entry, out) => {
    const role = entry.role();
    if (role >= 0) out.fixed(ROLES[role & 1]!);
    return true;
  },
  protoinfo: protoinfoCell,
  seqadj: absent(CTA_SEQ_ADJ_ORIG, CTA_SEQ_ADJ_REPLY),
  synproxy: writeSynproxy,
  master: absent(CTA_TUPLE_MASTER),
  portid: number(entry => entry.portid() || -1),
  progname: nothing,
  unknown: entry => entry.unknown() === undefined,
  extra: nothing,
};

const DEFAULT_COLUMNS = COLUMNS.filter(({ redundant }) => !redundant);

/**
 * Makes a writer of entries as lines of a CSV, equal to `csvLine` of `@conntrack/parser` for their flows. Returns `undefined` if a column
 * can only be written from flows.
 */
export function csvWriter(columns: readonly CsvColumn[] = DEFAULT_COLUMNS): Cell | undefined {
  const cells = columns.map(({ name }) => (Object.hasOwn(CELLS, name) ? CELLS[name] : undefined));
  if (!cells.every(cell => cell !== undefined)) return undefined;
  const row = columns === DEFAULT_COLUMNS ? new CsvRow() : undefined;
  return (entry, out) => {
    out.room();
    const end = row?.put(entry, out.view, out.at) ?? -1;
    if (end >= 0) {
      out.at = end;
      return true;
    }
    for (let i = 0; i < cells.length; i++) {
      if (i > 0) out.byte(COMMA);
      if (!cells[i]!(entry, out)) return false;
    }
    out.fixed(LINE_END);
    return true;
  };
}
