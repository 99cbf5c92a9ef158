import type { Direction } from '@conntrack/flow';
import { AF_INET, AF_INET6, ORIGINAL, REPLY } from '@conntrack/flow/codec';
import { hasControls, printable } from '@conntrack/flow/text';
import { CTA_LABELS, CTA_SEQ_ADJ_ORIG, CTA_SEQ_ADJ_REPLY, CTA_TUPLE_MASTER } from '../../wire/uapi.js';
import { GRE, HAS_PORTS } from '../protocols.js';
import { protoInfoOf, tcpBytesOf } from '../protoinfo.js';
import type { EntryReader } from '../reader.js';
import type { ByteWriter } from './byte-writer.js';
import { type FixedText, fixedText } from './fixed-text.js';
import { stateText } from './protocol-names.js';
import { startOf, startTime, stopOf, stopTime } from './times.js';
import { synproxyOf } from './trackers.js';
import { putRest, statusElements, WholeXmlRow } from './whole-xml-row.js';
import { ENDS, writeAddress } from './write-address.js';
import { DST, LAYER4_END, layer4 } from './xml-tags.js';
import { element } from './xml-text.js';

const FLOW = fixedText('<flow dialect="ctctl">');
const META = ['original', 'reply'].map(direction =>
  [AF_INET, AF_INET6].map(family =>
    fixedText(
      `<meta direction="${direction}"><layer3 protonum="${family}" protoname="${family === AF_INET ? 'ipv4' : 'ipv6'}"><src>`,
    ),
  ),
);
const META_END = fixedText('</meta>');
const INDEPENDENT = fixedText('<meta direction="independent">');
const COUNTERS = fixedText('<counters>');
const COUNTERS_END = fixedText('</counters>');
const FLOW_END = fixedText('</flow>');
const tags = (name: string): readonly [FixedText, FixedText] => [fixedText(`<${name}>`), fixedText(`</${name}>`)];
const SPORT = tags('sport');
const DPORT = tags('dport');
const TYPE = tags('type');
const CODE = tags('code');
const ICMP_ID = tags('id');
const PACKETS = tags('packets');
const BYTES = tags('bytes');
const STATE = tags('state');
const TIMEOUT = tags('timeout');
const MARK = tags('mark');
const ZONE = tags('zone');
const USE = tags('use');
const ID = tags('id');
const DELTA = tags('deltatime');

const row = new WholeXmlRow();

function value([open, close]: readonly [FixedText, FixedText], number: number, out: ByteWriter): void {
  if (number < 0) return;
  out.fixed(open);
  out.decimal(number);
  out.fixed(close);
}

function writeDirection(entry: EntryReader, direction: Direction, protonum: number, out: ByteWriter): void {
  const [first, second] = ENDS[direction];
  out.fixed(META[direction]![entry.family() === AF_INET ? 0 : 1]!);
  writeAddress(entry, first, out);
  out.fixed(DST);
  writeAddress(entry, second, out);
  out.fixed(layer4(protonum));
  if (HAS_PORTS[protonum]!) {
    value(SPORT, entry.port(first), out);
    value(DPORT, entry.port(second), out);
  } else if (protonum === GRE) {
    for (const [name, key] of [
      ['srckey', entry.greKey(first)],
      ['dstkey', entry.greKey(second)],
    ] as const)
      if (key >= 0) out.text(element(name, `0x${key.toString(16)}`));
  } else if (entry.icmpType(direction) >= 0) {
    value(TYPE, entry.icmpType(direction), out);
    value(CODE, Math.max(0, entry.icmpCode(direction)), out);
    value(ICMP_ID, Math.max(0, entry.icmpId(direction)), out);
  }
  out.fixed(LAYER4_END);
  value(ZONE, entry.directionZone(direction) || -1, out);
  const packets = entry.packets(direction);
  const bytes = entry.bytes(direction);
  if (packets >= 0 || bytes >= 0) {
    out.fixed(COUNTERS);
    value(PACKETS, packets, out);
    value(BYTES, bytes, out);
    out.fixed(COUNTERS_END);
  }
  out.fixed(META_END);
}

/** Whether an entry has something for `<rest>` other than TCP's tracker and SYNPROXY. */
const needsFlow = (entry: EntryReader): boolean =>
  entry.id() < 0 ||
  entry.portid() > 0 ||
  [CTA_SEQ_ADJ_ORIG, CTA_SEQ_ADJ_REPLY, CTA_TUPLE_MASTER].some(attribute => entry.locate(attribute) !== 0) ||
  [entry.helper(), entry.secctx()].some(text => text !== undefined && hasControls(text)) ||
  ([0, 1, 2, 3] as const).some(end => entry.word(end, 3) < 0) ||
  entry.unknown() !== undefined;

function writeLabels(entry: EntryReader, out: ByteWriter): void {
  if (entry.labelCount() <= 0) return;
  const bits = (entry.stopOf(CTA_LABELS) - entry.locate(CTA_LABELS)) * 8;
  let labels = '';
  for (let label = 0; label < bits; label++) if (entry.hasLabel(label)) labels += element('label', label);
  out.text(`<labels>${labels}</labels>`);
}

function writeTimes(entry: EntryReader, out: ByteWriter, now: number): void {
  const [start, stop] = [startOf(entry), stopOf(entry)];
  if (start < 0 && stop < 0) return;
  const began = start < 0 ? '' : element('start', String(startTime(entry)));
  out.text(`<timestamp>${began}${stop < 0 ? '' : element('stop', String(stopTime(entry)))}</timestamp>`);
  if (start >= 0) value(DELTA, Math.max(0, (stop < 0 ? now : stop) - start), out);
}

/**
 * Writes an entry as a `<flow>` element that has everything of its flow, without a newline: equal to `formatXml` of `@conntrack/parser`
 * with `whole`, but from bytes. Returns false for an entry that must be written from its flow. `now`: seconds since 1970 up to which
 * `<deltatime>` is computed.
 */
export function writeWholeXml(entry: EntryReader, out: ByteWriter, now: number): boolean {
  out.room();
  const end = row.put(entry, out.view, out.at, now);
  if (end >= 0) {
    out.at = end;
    return true;
  }
  const tcp = tcpBytesOf(entry);
  const synproxy = synproxyOf(entry);
  if (synproxy < 0 || needsFlow(entry) || (tcp === -1 && protoInfoOf(entry) !== undefined)) return false;
  const protonum = Math.max(0, entry.protonum());
  out.fixed(FLOW);
  writeDirection(entry, ORIGINAL, protonum, out);
  writeDirection(entry, REPLY, protonum, out);
  out.fixed(INDEPENDENT);
  const state = entry.state();
  if (state >= 0) {
    out.fixed(STATE[0]);
    out.fixed(stateText(protonum, state));
    out.fixed(STATE[1]);
  }
  value(TIMEOUT, entry.timeout(), out);
  value(MARK, entry.mark(), out);
  writeLabels(entry, out);
  const secmark = entry.secmark();
  if (secmark >= 0) out.text(element('secmark', secmark));
  const secctx = entry.secctx();
  if (secctx) out.text(element('secctx', printable(secctx)));
  value(ZONE, entry.zone() || -1, out);
  value(USE, entry.use(), out);
  value(ID, entry.id(), out);
  const status = entry.status();
  if (status >= 0) out.fixed(statusElements.of(status));
  writeTimes(entry, out, now);
  out.fixed(META_END);
  const helper = entry.helper();
  if (helper) out.text(element('helper', printable(helper)));
  out.at = putRest(out.view, out.at, tcp === -1 ? undefined : tcp, entry.view, synproxy);
  out.fixed(FLOW_END);
  return true;
}
