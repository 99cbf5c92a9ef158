import { MAX_FAULTS } from '../faults.js';
import type { Fault } from '../problems.js';
import { pointerOf } from './json-text.js';

const HALF = /\p{Cs}/u;

function wrong(text: string): string | undefined {
  const half = text.search(HALF);
  if (half >= 0) return `half of a surrogate pair at character ${half + 1}: this string cannot be encoded as UTF-8`;
  const zero = text.indexOf('\0');
  return zero < 0 ? undefined : `U+0000 at character ${zero + 1} is not allowed in a string`;
}

/** Faults of strings in parsed JSON that have no UTF-8 form, or would end early in the kernel. */
export function badStrings(value: unknown): Fault[] {
  const found: Fault[] = [];
  const look = (text: string, path: readonly PropertyKey[]): void => {
    const message = found.length < MAX_FAULTS ? wrong(text) : undefined;
    if (message !== undefined) found.push({ code: 'invalid', message, pointer: pointerOf(path) });
  };
  const walk = (node: unknown, path: readonly PropertyKey[]): void => {
    if (typeof node === 'string') look(node, path);
    else if (typeof node === 'object' && node !== null)
      for (const [name, member] of Object.entries(node)) {
        if (!Array.isArray(node)) look(name, [...path, name]);
        walk(member, [...path, name]);
      }
  };
  walk(value, []);
  return found;
}
