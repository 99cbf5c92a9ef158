import { MAX_FAULTS } from '../problem/faults.js';
import type { Fault } from '../problem/problems.js';
import { pointerOf } from './json-text.js';

const HALF = /\p{Cs}/u;

function wrong(text: string): string | undefined {
  const zero = text.indexOf('\0');
  if (zero >= 0) return `U+0000 at character ${zero + 1} is not allowed in a string`;
  const half = text.search(HALF);
  return half < 0
    ? undefined
    : `half of a surrogate pair at character ${half + 1}: this string cannot be encoded as UTF-8`;
}

/** Finds strings in parsed JSON that have no UTF-8 form, or that the kernel would cut at U+0000. */
export function badStrings(value: unknown): Fault[] {
  const found: Fault[] = [];
  const path: PropertyKey[] = [];
  const look = (text: string): void => {
    const message = found.length < MAX_FAULTS ? wrong(text) : undefined;
    if (message !== undefined) found.push({ code: 'invalid', message, pointer: pointerOf(path) });
  };
  const walk = (node: unknown): void => {
    if (typeof node === 'string') look(node);
    else if (Array.isArray(node))
      for (let i = 0; i < node.length; i++) {
        path.push(i);
        walk(node[i]);
        path.pop();
      }
    else if (typeof node === 'object' && node !== null)
      for (const [name, member] of Object.entries(node)) {
        path.push(name);
        look(name);
        walk(member);
        path.pop();
      }
  };
  walk(value);
  return found;
}
