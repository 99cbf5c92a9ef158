import { type Flow, type FlowTuple, LabelMap, protocolOf } from '@conntrack/flow';
import { millisecondsOf, printable } from '@conntrack/flow/text';
import { expandIPv6 } from '../core/expand-ipv6.js';
import type { FormatOptions } from '../core/formats.js';
import { formatKey } from '../core/gre-key.js';
import { formatCtime } from '../core/local-time.js';
import { printedName } from '../core/printed-name.js';
import { userspaceText } from '../core/userspace.js';
import { insertExtra } from './extra-tokens.js';

/** The layer 4 column by protocol number: `tcp      6`, `unknown  50`. */
const LAYER4: readonly string[] = Array.from(
  { length: 256 },
  (_, number) => `${printedName(number).padEnd(8)} ${number}`,
);
const LAYER3 = { ipv4: 'ipv4     2 ', ipv6: 'ipv6     10 ' };
const HAS_PORTS: readonly boolean[] = Array.from({ length: 256 }, (_, number) => protocolOf(number).kind === 'ports');

function protocolColumn(flow: Flow, proc: boolean, compact: boolean): string {
  let name = flow.extra?.find(token => token.after === 'protocol')?.text;
  if (name !== undefined) name = printable(name);
  // If the kernel has no tracker for a protocol (DCCP since 6.17), /proc shows neither its name nor its ports.
  if (name === undefined && proc && flow.original.sport === undefined && HAS_PORTS[flow.protonum]!) name = 'unknown';
  if (name === undefined && !compact) return LAYER4[flow.protonum]!;
  name ??= printedName(flow.protonum);
  return `${compact ? name : name.padEnd(8)} ${flow.protonum}`;
}

function tupleText(tuple: FlowTuple, direction: string, full: boolean, zeroPorts: boolean): string {
  let text = full ? `src=${expandIPv6(tuple.src)} dst=${expandIPv6(tuple.dst)}` : `src=${tuple.src} dst=${tuple.dst}`;
  if (tuple.sport !== undefined || zeroPorts) text += ` sport=${tuple.sport ?? 0} dport=${tuple.dport ?? 0}`;
  else {
    if (tuple.type !== undefined) text += ` type=${tuple.type}`;
    if (tuple.code !== undefined) text += ` code=${tuple.code}`;
    if (tuple.id !== undefined) text += ` id=${tuple.id}`;
    if (tuple.srckey !== undefined) text += ` srckey=${formatKey(tuple.srckey)}`;
    if (tuple.dstkey !== undefined) text += ` dstkey=${formatKey(tuple.dstkey)}`;
  }
  if (tuple.zone !== undefined) text += ` zone-${direction}=${tuple.zone}`;
  if (tuple.packets !== undefined) text += ` packets=${tuple.packets}`;
  if (tuple.bytes !== undefined) text += ` bytes=${tuple.bytes}`;
  return text;
}

/** Names of labels as conntrack(8) prints them: labels without a name in the map are left out. */
export const labelNames = (labels: readonly (number | string)[], map: boolean | LabelMap): (number | string)[] =>
  map instanceof LabelMap
    ? labels.map(label => (typeof label === 'number' ? map.name(label) : label)).filter(label => label !== undefined)
    : [...labels];

/**
 * Returns the whole seconds that a flow has been tracked: its `deltaTime` or, if `now` is given, the time from its start to `now` (to its
 * stop, if it has one).
 *
 * A flow that began after `now`, which a slow reader can meet, has been tracked for 0 seconds.
 */
export function deltaTimeOf(flow: Flow, now: number | undefined): number | undefined {
  if (flow.deltaTime !== undefined || flow.start === undefined || now === undefined) return flow.deltaTime;
  const end = flow.stop === undefined ? now : millisecondsOf(flow.stop);
  return Math.max(0, Math.floor(end / 1000) - Math.floor(millisecondsOf(flow.start) / 1000));
}

const bracket = (name: string, time: string, options: FormatOptions): string =>
  ` [${name}=${formatCtime(Math.floor(millisecondsOf(time) / 1000) * 1000, options.timeZone ?? 'local')}]`;

/** The rare fields between mark and `use`. */
function rareFields(flow: Flow, options: FormatOptions, proc: boolean): string {
  let text = '';
  if (flow.secmark !== undefined) text += ` secmark=${flow.secmark}`;
  if (flow.secctx !== undefined) text += ` secctx=${printable(flow.secctx)}`;
  if (flow.zone !== undefined && (proc || flow.zone !== 0)) text += ` zone=${flow.zone}`;
  const delta = deltaTimeOf(flow, options.now);
  if (delta !== undefined) text += ` delta-time=${delta}`;
  if (proc) return text;
  if (options.ktimestamp === true) {
    if (flow.start !== undefined) text += bracket('start', flow.start, options);
    if (flow.stop !== undefined) text += bracket('stop', flow.stop, options);
  }
  if (flow.helper !== undefined) text += ` helper=${printable(flow.helper)}`;
  return text;
}

/** Formats a flow as a line of /proc or of `conntrack -L`. */
export function formatLine(flow: Flow, options: FormatOptions): string {
  const { original, reply, status } = flow;
  const proc = options.format !== 'conntrack';
  const compact = options.compact === true;
  const full = proc && flow.family === 'ipv6';
  const zeroPorts = !proc && original.sport === undefined && flow.extra === undefined && HAS_PORTS[flow.protonum]!;
  let line = protocolColumn(flow, proc, compact);
  if (options.format === 'proc' || (!proc && options.extended === true))
    line = (compact ? LAYER3[flow.family].replace(/ +/, ' ') : LAYER3[flow.family]) + line;
  const columns = line.length;
  if (flow.timeout !== undefined) line += ` ${flow.timeout}`;
  if (flow.state !== undefined) line += ` ${printable(flow.state)}`;
  line += ` ${tupleText(original, 'orig', full, zeroPorts)} `;
  if (status !== undefined && !status.includes('SEEN_REPLY')) line += '[UNREPLIED] ';
  line += tupleText(reply, 'reply', full, zeroPorts);
  if (status !== undefined && status.length > 0) {
    if (status.includes('HW_OFFLOAD')) line += ' [HW_OFFLOAD]';
    else if (status.includes('OFFLOAD')) line += ' [OFFLOAD]';
    else if (status.includes('ASSURED')) line += ' [ASSURED]';
  }
  if (flow.mark !== undefined) line += ` mark=${flow.mark}`;
  line += rareFields(flow, options, proc);
  if (flow.use !== undefined) line += ` use=${flow.use}`;
  if (!proc) {
    if (options.id === true && flow.id !== undefined) line += ` id=${flow.id}`;
    if (flow.labels !== undefined && options.labels !== undefined && options.labels !== false) {
      const names = labelNames(flow.labels, options.labels);
      line += names.length === 0 ? ' labels' : ` labels=${printable(names.join(','))}`;
    }
  }
  line += userspaceText(flow);
  return flow.extra === undefined ? line : insertExtra(line, columns, flow);
}
