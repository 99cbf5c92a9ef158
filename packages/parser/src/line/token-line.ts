import type { Flow } from '@conntrack/flow';
import { encode } from '../core/bytes.js';
import { Fault, fail } from '../core/error.js';
import type { FlowLineReader } from './flow-line-reader.js';

/** The place of a token on a line of `conntrack -L -o extended`. */
export const LAYER3 = 0;
export const LAYER4 = 1;
export const TIMEOUT_COLUMN = 2;
export const STATE_COLUMN = 3;
export const ORIGINAL_TUPLE = 4;
export const REPLY_TUPLE = 5;
export const REST = 6;
export type Slot = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** A token, and the index of its first character in the text. */
interface Token {
  text: string;
  at: number;
}

/** Addresses come first. ICMP's identifier comes after its type and code, which distinguishes it from the flow's id. */
const rank = (text: string): number =>
  Math.max(0, ['src=', 'dst=', '', 'id='].indexOf(/^(?:src|dst|id)=/.exec(text)?.[0] ?? ''));

/**
 * Reads a format that has the fields of a flow in another order and under other names (`-o save`, `-o xml`): collects them, makes the line
 * that conntrack(8) would print, and reads that line. So only one place knows the fields and their ranges.
 */
export class TokenLine {
  readonly #slots: Token[][] = [[], [], [], [], [], [], []];

  add(slot: Slot, text: string, at: number): void {
    if (slot > LAYER4 && /[\s[\]]/.test(text) && !/^\[[A-Z]+\]$/.test(text))
      fail('NUMBER_EXPECTED', at, 'a value without spaces and brackets');
    this.#slots[slot]!.push({ text, at });
  }

  read(reader: FlowLineReader): Flow {
    // Other formats have the fields of a tuple in another order.
    for (const slot of this.#slots) slot.sort((one, other) => rank(one.text) - rank(other.text));
    const tokens = this.#slots.flat();
    const line = encode(tokens.map(token => token.text).join(' '));
    try {
      return reader.read(line, 0, line.length);
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      // Maps the fault's character in the made-up line back to the token, and to its place in the text.
      let left = fault.at;
      const token = tokens.find(({ text }) => {
        left -= text.length + 1;
        return left < 0;
      });
      fault.at = (token ?? tokens.at(-1))?.at ?? 0;
      throw fault;
    }
  }
}
