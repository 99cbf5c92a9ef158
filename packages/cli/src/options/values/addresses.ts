import { type Family, formatAddress, type NatRange, parseAddress } from '@conntrack/flow';
import { UsageError } from '../../process/usage-error.js';
import { integer16 } from './numbers.js';

/** Parses an address. Returns its canonical spelling and family. @throws UsageError */
export function address(text: string, what: string): { text: string; family: Family } {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new UsageError(`${what}: '${text}' must be an IPv4 or IPv6 address`);
  return { text: formatAddress(parsed), family: parsed.family };
}

/** Parses a NAT target: `ADDRESS`, `ADDRESS:PORT`, `[IPV6]:PORT`. @throws UsageError */
export function natTarget(text: string, what: string): { range: NatRange; family: Family } {
  const [, target, port] = /^\[(.*)\](?::(.*))?$/.exec(text) ?? /^([^:]*)(?::([^:]*))?$/.exec(text) ?? [text, text];
  const { text: spelled, family } = address(target!, what);
  return {
    range: { address: spelled, ...(port !== undefined && { port: integer16(port, `${what}’s port`) }) },
    family,
  };
}
