import { type FlowRef, protocolOf, type Tuple } from '@conntrack/flow';
import { MAY_BE_UNTRACKED, parseIPv4, parseIPv6Into, TUPLE_FIELDS } from '@conntrack/flow/codec';
import { TableError } from '@conntrack/flow/table';

const words = new Uint32Array(4);

/** Refuses an incomplete tuple, as the kernel's client does: it could match more than one flow. @throws TableError INVALID_CHANGE */
export function checkTuple({ family, protonum, original }: FlowRef): void {
  for (const end of ['src', 'dst'] as const) {
    // JavaScript callers can pass anything.
    const text = String(original[end]);
    const fits = family === 'ipv4' ? parseIPv4(text) >= 0 : parseIPv6Into(words, 0, text);
    if (!fits) throw new TableError('INVALID_CHANGE', `'${text}' is not an ${family} address`);
  }
  const parts: readonly (keyof Tuple)[] = TUPLE_FIELDS[protocolOf(protonum).kind];
  const missing = parts.filter(part => original[part] === undefined);
  if (missing.length === 0 || (missing.length === parts.length && MAY_BE_UNTRACKED.has(protonum))) return;
  throw new TableError('INVALID_CHANGE', `the tuple has no ${missing.join(' and ')}: it is not complete`);
}
