import { protocolOf } from '@conntrack/flow';

/** Returns the name that is printed for a protocol number. */
export function printedName(number: number): string {
  const { printed, name } = protocolOf(number);
  return printed ? name : 'unknown';
}
