import { quantityText } from '@conntrack/netlink/text';
import { grouped } from '../../terminal/grouped.js';

/** A number in at most five signs, as in the tables of `ctctl list`. Unknown numbers (negative) are a dash. */
export function short(value: number): string {
  if (value < 0) return '–';
  return value > 0 && value < 1 ? '<1' : quantityText(Math.floor(value));
}

/** A count with its thousands separated. Unknown numbers (negative) are a dash. */
export const count = (value: number): string => (value < 0 ? '–' : grouped(Math.round(value)));
