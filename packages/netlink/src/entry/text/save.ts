import { type End, STATUS } from '@conntrack/flow';
import { ORIGINAL, ORIGINAL_DST, ORIGINAL_SRC, REPLY, REPLY_DST, REPLY_SRC } from '@conntrack/flow/codec';
import { GRE, HAS_PORTS, ICMP, ICMPV6 } from '../protocols.js';
import type { EntryReader } from '../reader.js';
import type { ByteWriter } from './byte-writer.js';
import { type FixedText, fixedText } from './fixed-text.js';
import { stateText } from './protocol-names.js';
import * as SAVE from './save-row.js';
import { writeAddress } from './write-address.js';

const ADD = fixedText('-A');
const SECMARK = fixedText(' -c ');
const DIRECTION_ZONES = [fixedText(' --orig-zone '), fixedText(' --reply-zone ')] as const;
const KEYS = [' --srckey ', ' --dstkey ', ' --reply-key-src ', ' --reply-key-dst '].map(fixedText);
const ROLES = [fixedText(' --role client'), fixedText(' --role server')] as const;
const row = new SAVE.SaveRow();
const ENDS: readonly End[] = [ORIGINAL_SRC, ORIGINAL_DST, REPLY_SRC, REPLY_DST];

function option(name: FixedText, value: number, out: ByteWriter): void {
  if (value < 0) return;
  out.fixed(name);
  out.decimal(value);
}

const same = (entry: EntryReader, one: End, other: End): boolean =>
  ([3, 2, 1, 0] as const).every(index => entry.word(one, index) === entry.word(other, index));

/**
 * Writes an entry as a line of `-o save` with its mark, without its newline: equal to `formatSave` of `@conntrack/parser`, but from bytes.
 * Returns false for an entry that must be written from its flow: one of SCTP's tracker, or without an address.
 */
export function writeSave(entry: EntryReader, out: ByteWriter): boolean {
  if (entry.portid() > 0) return false;
  out.room();
  const end = row.put(entry, out.view, out.at);
  if (end >= 0) {
    out.at = end;
    return true;
  }
  if (entry.vtag(ORIGINAL) >= 0 || entry.vtag(REPLY) >= 0 || ENDS.some(end => entry.word(end, 3) < 0)) return false;
  const protonum = Math.max(0, entry.protonum());
  const status = Math.max(0, entry.status());
  out.fixed(ADD);
  option(SAVE.TIMEOUT, entry.timeout(), out);
  out.fixed(SAVE.statusOptions.of(status));
  option(SECMARK, entry.secmark(), out);
  option(SAVE.MARK, entry.mark(), out);
  option(SAVE.ZONE, entry.zone() || -1, out);
  for (const direction of [ORIGINAL, REPLY] as const)
    option(DIRECTION_ZONES[direction], entry.directionZone(direction) || -1, out);
  out.fixed(SAVE.SRC);
  writeAddress(entry, ORIGINAL_SRC, out);
  out.fixed(SAVE.DST);
  writeAddress(entry, ORIGINAL_DST, out);
  const dstNat = (status & STATUS.DST_NAT_DONE) !== 0 && !same(entry, REPLY_SRC, ORIGINAL_DST);
  out.fixed(dstNat ? SAVE.DST_NAT : SAVE.REPLY_SRC);
  writeAddress(entry, REPLY_SRC, out);
  const srcNat = (status & STATUS.SRC_NAT_DONE) !== 0 && !same(entry, REPLY_DST, ORIGINAL_SRC);
  out.fixed(srcNat ? SAVE.SRC_NAT : SAVE.REPLY_DST);
  writeAddress(entry, REPLY_DST, out);
  out.fixed(SAVE.protocols(protonum));
  if (HAS_PORTS[protonum]!) for (const end of ENDS) option(SAVE.PORTS[end]!, entry.port(end), out);
  else if (protonum === GRE) for (const end of ENDS) option(KEYS[end]!, entry.greKey(end), out);
  else if (protonum === ICMP || protonum === ICMPV6) {
    const [type, code, id] = protonum === ICMP ? SAVE.ICMP_OPTIONS : SAVE.ICMPV6_OPTIONS;
    option(type!, entry.icmpType(ORIGINAL), out);
    option(code!, entry.icmpCode(ORIGINAL), out);
    option(id!, entry.icmpId(ORIGINAL), out);
  }
  const state = entry.state();
  if (state >= 0) {
    out.fixed(SAVE.STATE);
    out.fixed(stateText(protonum, state));
  }
  const role = entry.role();
  if (role >= 0) out.fixed(ROLES[role & 1]!);
  return true;
}
