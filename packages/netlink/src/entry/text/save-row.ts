import { protocolOf, STATUS } from '@conntrack/flow';
import { SAVE_STATUS } from '@conntrack/flow/codec';
import { Cache } from '../cache.js';
import { Layout } from '../layout.js';
import { ICMP } from '../protocols.js';
import type { EntryReader } from '../reader.js';
import { Addresses, same } from './addresses.js';
import { putHalf, putWord } from './digits.js';
import { fixedText, fixedTexts, putFixed } from './fixed-text.js';
import { stateText } from './protocol-names.js';
import { putIcmp, putPorts } from './tuple-parts.js';

const ADD = fixedText('-A');
export const TIMEOUT = fixedText(' -t ');
export const MARK = fixedText(' -m ');
export const ZONE = fixedText(' -w ');
export const SRC = fixedText(' -s ');
export const DST = fixedText(' -d ');
/** The options for the reply's addresses: `-r` and `-q` if they are the original's swapped, `-g` and `-n` if they were translated. */
export const REPLY_SRC = fixedText(' -r ');
export const DST_NAT = fixedText(' -g ');
export const REPLY_DST = fixedText(' -q ');
export const SRC_NAT = fixedText(' -n ');
export const PORTS = [' --sport ', ' --dport ', ' --reply-port-src ', ' --reply-port-dst '].map(fixedText);
export const ICMP_OPTIONS = [' --icmp-type ', ' --icmp-code ', ' --icmp-id '].map(fixedText);
export const ICMPV6_OPTIONS = [' --icmpv6-type ', ' --icmpv6-code ', ' --icmpv6-id '].map(fixedText);
export const STATE = fixedText(' --state ');
export const protocols = fixedTexts(number => {
  const { printed, name } = protocolOf(number);
  return ` -p ${printed ? name : number}`;
});
/** `-u` with the names of its bits, by the status word. */
export const statusOptions = new Cache(status =>
  fixedText(` -u ${SAVE_STATUS.filter(name => (status & STATUS[name]) !== 0).join(',') || 'UNSET'}`),
);

/** Writes common entries as lines of `-o save`, several times as fast as option by option. */
export class SaveRow {
  readonly #layout = new Layout();
  readonly #addresses = new Addresses();

  /** Like `LineRow.put`: writes the line without its newline, for which 1 KiB must be free; returns −1 for other entries. */
  put(entry: EntryReader, out: DataView, start: number): number {
    const layout = this.#layout;
    // SCTP's tags are written from the flow, and DCCP's role option by option.
    if (!layout.find(entry) || layout.extended || (layout.state >= 0 && layout.protonum !== 6)) return -1;
    const { view } = entry;
    const { originalIp, replyIp, originalProto, replyProto } = layout;
    const status = layout.status === 0 ? 0 : view.getUint32(layout.status);
    let at = putWord(out, putFixed(out, start, ADD), TIMEOUT, view, layout.timeout);
    at = putFixed(out, at, statusOptions.of(status));
    at = putWord(out, at, MARK, view, layout.mark);
    if (layout.zone !== 0 && view.getUint16(layout.zone) !== 0) at = putHalf(out, at, ZONE, view, layout.zone);
    at = this.#addresses.original(entry, layout, out, putFixed(out, at, SRC), DST);
    const destination = originalIp + (layout.v4 ? 16 : 28);
    const dstNat = (status & STATUS.DST_NAT_DONE) !== 0 && !same(view, replyIp + 8, destination, layout.v4);
    const answered = replyIp + (layout.v4 ? 16 : 28);
    const srcNat = (status & STATUS.SRC_NAT_DONE) !== 0 && !same(view, answered, originalIp + 8, layout.v4);
    at = putFixed(out, at, dstNat ? DST_NAT : REPLY_SRC);
    at = this.#addresses.reply(entry, layout, out, at, srcNat ? SRC_NAT : REPLY_DST);
    at = putFixed(out, at, protocols(layout.protonum));
    if (layout.ports) {
      at = putPorts(out, at, PORTS[0]!, PORTS[1]!, view, originalProto);
      at = putPorts(out, at, PORTS[2]!, PORTS[3]!, view, replyProto);
    } else {
      const [type, code, id] = layout.protonum === ICMP ? ICMP_OPTIONS : ICMPV6_OPTIONS;
      at = putIcmp(out, at, type!, code!, id!, view, originalProto);
    }
    return layout.state < 0 ? at : putFixed(out, putFixed(out, at, STATE), stateText(layout.protonum, layout.state));
  }
}
