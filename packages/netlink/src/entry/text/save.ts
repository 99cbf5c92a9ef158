import { type End, protocolOf, STATUS } from '@conntrack/flow';
import { ORIGINAL, ORIGINAL_DST, ORIGINAL_SRC, REPLY, REPLY_DST, REPLY_SRC, SAVE_STATUS } from '@conntrack/flow/codec';
import { GRE, HAS_PORTS, ICMP, ICMPV6 } from '../protocols.js';
import type { EntryReader } from '../reader.js';
import type { ByteWriter } from './byte-writer.js';
import { type FixedText, fixedText } from './fixed-text.js';
import { stateText } from './protocol-names.js';
import { writeAddress } from './write-address.js';

const ADD = fixedText('-A');
const TIMEOUT = fixedText(' -t ');
const SECMARK = fixedText(' -c ');
const MARK = fixedText(' -m ');
const ZONE = fixedText(' -w ');
const DIRECTION_ZONES = [fixedText(' --orig-zone '), fixedText(' --reply-zone ')] as const;
const SRC = fixedText(' -s ');
const DST = fixedText(' -d ');
const REPLY_SRC_OPTION = fixedText(' -r ');
const DST_NAT = fixedText(' -g ');
const REPLY_DST_OPTION = fixedText(' -q ');
const SRC_NAT = fixedText(' -n ');
const PORTS = [' --sport ', ' --dport ', ' --reply-port-src ', ' --reply-port-dst '].map(fixedText);
const KEYS = [' --srckey ', ' --dstkey ', ' --reply-key-src ', ' --reply-key-dst '].map(fixedText);
const ICMP_OPTIONS = [' --icmp-type ', ' --icmp-code ', ' --icmp-id '].map(fixedText);
const ICMPV6_OPTIONS = [' --icmpv6-type ', ' --icmpv6-code ', ' --icmpv6-id '].map(fixedText);
const STATE = fixedText(' --state ');
const ROLES = [fixedText(' --role client'), fixedText(' --role server')] as const;
const PROTOCOLS = Array.from({ length: 256 }, (_, number) => {
  const { printed, name } = protocolOf(number);
  return fixedText(` -p ${printed ? name : number}`);
});
const STATUSES = Array.from({ length: 1 << SAVE_STATUS.length }, (_, bits) =>
  fixedText(` -u ${SAVE_STATUS.filter((_, i) => (bits >> i) & 1).join(',') || 'UNSET'}`),
);
const ENDS: readonly End[] = [ORIGINAL_SRC, ORIGINAL_DST, REPLY_SRC, REPLY_DST];

function option(name: FixedText, value: number, out: ByteWriter): void {
  if (value < 0) return;
  out.fixed(name);
  out.decimal(value);
}

const same = (entry: EntryReader, one: End, other: End): boolean =>
  ([3, 2, 1, 0] as const).every(index => entry.word(one, index) === entry.word(other, index));

/** Writes an entry as a line of `-o save` with its mark, without its newline: `formatSave` of `@conntrack/parser` from bytes. False for an entry that is written from its flow: of SCTP's tracker, or without an address. */
export function writeSave(entry: EntryReader, out: ByteWriter): boolean {
  if (
    entry.portid() > 0 ||
    entry.vtag(ORIGINAL) >= 0 ||
    entry.vtag(REPLY) >= 0 ||
    ENDS.some(end => entry.word(end, 3) < 0)
  )
    return false;
  out.room();
  const protonum = Math.max(0, entry.protonum());
  const status = Math.max(0, entry.status());
  out.fixed(ADD);
  option(TIMEOUT, entry.timeout(), out);
  out.fixed(
    STATUSES[SAVE_STATUS.reduce((bits, name, i) => ((status & STATUS[name]) === 0 ? bits : bits | (1 << i)), 0)]!,
  );
  option(SECMARK, entry.secmark(), out);
  option(MARK, entry.mark(), out);
  option(ZONE, entry.zone() || -1, out);
  for (const direction of [ORIGINAL, REPLY] as const)
    option(DIRECTION_ZONES[direction], entry.directionZone(direction) || -1, out);
  out.fixed(SRC);
  writeAddress(entry, ORIGINAL_SRC, out);
  out.fixed(DST);
  writeAddress(entry, ORIGINAL_DST, out);
  const dstNat = (status & STATUS.DST_NAT_DONE) !== 0 && !same(entry, REPLY_SRC, ORIGINAL_DST);
  out.fixed(dstNat ? DST_NAT : REPLY_SRC_OPTION);
  writeAddress(entry, REPLY_SRC, out);
  const srcNat = (status & STATUS.SRC_NAT_DONE) !== 0 && !same(entry, REPLY_DST, ORIGINAL_SRC);
  out.fixed(srcNat ? SRC_NAT : REPLY_DST_OPTION);
  writeAddress(entry, REPLY_DST, out);
  out.fixed(PROTOCOLS[protonum]!);
  if (HAS_PORTS[protonum]!) for (const end of ENDS) option(PORTS[end]!, entry.port(end), out);
  else if (protonum === GRE) for (const end of ENDS) option(KEYS[end]!, entry.greKey(end), out);
  else if (protonum === ICMP || protonum === ICMPV6) {
    const [type, code, id] = protonum === ICMP ? ICMP_OPTIONS : ICMPV6_OPTIONS;
    option(type!, entry.icmpType(ORIGINAL), out);
    option(code!, entry.icmpCode(ORIGINAL), out);
    option(id!, entry.icmpId(ORIGINAL), out);
  }
  const state = entry.state();
  if (state >= 0) {
    out.fixed(STATE);
    out.fixed(stateText(protonum, state));
  }
  const role = entry.role();
  if (role >= 0) out.fixed(ROLES[role & 1]!);
  return true;
}
