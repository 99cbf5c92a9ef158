import { parseIPv6Into } from '@conntrack/flow/codec';

const words = new Uint32Array(4);
const half = (value: number): string => value.toString(16).padStart(4, '0');

/** Formats an IPv6 address as /proc does: eight groups of four digits. Other text stays unchanged. */
export function expandIPv6(text: string): string {
  if (!parseIPv6Into(words, 0, text)) return text;
  let groups = '';
  for (let i = 0; i < 4; i++) groups += `${i === 0 ? '' : ':'}${half(words[i]! >>> 16)}:${half(words[i]! & 0xffff)}`;
  return groups;
}
