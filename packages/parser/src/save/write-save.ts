import { type Flow, type FlowEventType, protocolOf } from '@conntrack/flow';
import { SAVE_STATUS } from '@conntrack/flow/codec';
import { printable } from '@conntrack/flow/text';
import type { FormatOptions } from '../core/formats.js';
import { userspaceText } from '../core/userspace.js';
import { ORIGINAL_TUPLE } from '../line/token-line.js';
import { saveOption, swapVtag } from './save-options.js';

const ZONES = ['--orig-zone', '--reply-zone'];
/** The options of each kind of protocol, in the order in which conntrack(8) prints them. */
const LAYER4 = {
  ports: ['--sport', '--dport', '--reply-port-src', '--reply-port-dst'],
  keys: ['--srckey', '--dstkey', '--reply-key-src', '--reply-key-dst'],
  icmp: ['--icmp-type', '--icmp-code', '--icmp-id'],
  none: [],
} as const;
const ICMPV6 = ['--icmpv6-type', '--icmpv6-code', '--icmpv6-id'];

const swapped = (tag: number | undefined): number | undefined => (tag === undefined ? undefined : swapVtag(tag));

type Field = 'sport' | 'dport' | 'type' | 'code' | 'id' | 'srckey' | 'dstkey' | 'zone';

const tupleOptions = (flow: Flow, options: readonly string[]): string =>
  options.reduce((text, option) => {
    const [slot, key] = saveOption(option)!;
    const field = key.replace(/(?:-\w+)?=/, '') as Field;
    const value = flow[slot === ORIGINAL_TUPLE || key === 'zone-orig=' ? 'original' : 'reply'][field];
    return value === undefined ? text : `${text} ${option} ${value}`;
  }, '');

/** Formats a flow as a line of `-o save`. `whole`: with its mark, which conntrack(8) loads but does not save. */
export function formatSave(flow: Flow, { whole }: Pick<FormatOptions, 'whole'>, event: FlowEventType = 'new'): string {
  const { original, reply, protonum } = flow;
  const { kind, printed, name } = protocolOf(protonum);
  const status = flow.status ?? [];
  let line = event === 'new' ? '-A' : event === 'update' ? '-U' : '-D';
  const option = (text: string, value: string | number | undefined): void => {
    if (value !== undefined) line += ` ${text} ${value}`;
  };
  option('-t', flow.timeout);
  option('-u', SAVE_STATUS.filter(bit => status.includes(bit)).join(',') || 'UNSET');
  option('-c', flow.secmark);
  // After -u, because -u would overwrite the mark in conntrack(8) 1.4.7.
  if (whole) option('-m', flow.mark);
  option('-w', flow.zone || undefined);
  line += tupleOptions(flow, ZONES);
  option('-s', original.src);
  option('-d', original.dst);
  option(status.includes('DST_NAT_DONE') && reply.src !== original.dst ? '-g' : '-r', reply.src);
  option(status.includes('SRC_NAT_DONE') && reply.dst !== original.src ? '-n' : '-q', reply.dst);
  option('-p', printed ? name : protonum);
  line += tupleOptions(flow, protonum === 58 ? ICMPV6 : LAYER4[kind]);
  option('--state', flow.state && printable(flow.state));
  option('--orig-vtag', swapped(flow.protoinfo?.vtag?.original));
  option('--reply-vtag', swapped(flow.protoinfo?.vtag?.reply));
  option('--role', flow.protoinfo?.role);
  return line + userspaceText(flow);
}
