import { type FlowRef, parseIPv4, parseIPv6Into, protocolOf, type Tuple, type TupleKind } from '@conntrack/flow';
import { TableError } from './errors.js';

const PARTS: Readonly<Record<TupleKind, readonly (keyof Tuple)[]>> = {
  ports: ['sport', 'dport'],
  icmp: ['type', 'code', 'id'],
  keys: ['srckey', 'dstkey'],
  none: [],
};
/** Trackers that every kernel has; without the others a tuple is complete without its ports. */
const ALWAYS: ReadonlySet<number> = new Set([1, 6, 17, 58]);
const words = new Uint32Array(4);

/** Refuses what the kernel's client does not send: less than a tuple is more than one flow. @throws TableError INVALID_CHANGE */
export function checkTuple({ family, protonum, original }: FlowRef): void {
  for (const end of ['src', 'dst'] as const) {
    // Callers in JavaScript may pass anything.
    const text = String(original[end]);
    const fits = family === 'ipv4' ? parseIPv4(text) >= 0 : parseIPv6Into(words, 0, text);
    if (!fits) throw new TableError('INVALID_CHANGE', `'${text}' is no ${family} address`);
  }
  const parts = PARTS[protocolOf(protonum).kind];
  const missing = parts.filter(part => original[part] === undefined);
  if (missing.length === 0 || (missing.length === parts.length && !ALWAYS.has(protonum))) return;
  throw new TableError('INVALID_CHANGE', `the tuple has no ${missing.join(' and ')}: it is not complete`);
}
