import type { FlowCursor, LabelMap } from '@conntrack/flow';
import type { Test, Value } from '../language/ast.js';
import { anyOf } from './any-of.js';

type LabelValue = Extract<Value, { type: 'label' }>;
type Predicate = (cursor: FlowCursor) => boolean;

/**
 * Tests a text against the pieces between the stars of a glob. The pieces are found one after the other without going back, so the time is
 * linear in the text for each piece.
 */
function globTest(parts: readonly string[]): (text: string) => boolean {
  const [first, ...rest] = parts.map(part => part.toLowerCase());
  const last = rest.pop()!;
  return text => {
    if (!text.startsWith(first!) || !text.endsWith(last)) return false;
    let at = first!.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= text.length - last.length;
  };
}

/** Makes the test of names and globs, case-insensitive. */
export function textTest<Cursor>(
  read: (cursor: Cursor) => string | undefined,
  test: Test<string>,
): (cursor: Cursor) => boolean {
  if (test.op === 'exists') return cursor => (read(cursor) ?? '') !== '';
  const texts = new Set(test.values.flatMap(value => (value.type === 'text' ? [value.text.toLowerCase()] : [])));
  const globs = test.values.flatMap(value => (value.type === 'glob' ? [globTest(value.parts)] : []));
  return cursor => {
    const text = read(cursor)?.toLowerCase();
    return text !== undefined && (texts.has(text) || globs.some(glob => glob(text)));
  };
}

/** Tests a label by bit and by name: netlink gives bits, and text with names gives names. */
function labelTest(value: LabelValue, labels: LabelMap | undefined): Predicate {
  const { bit = labels?.bit(value.name ?? ''), name = labels?.name(value.bit ?? -1) } = value;
  const keys = [bit, name].filter(key => key !== undefined);
  return anyOf(keys.map(key => (cursor: FlowCursor) => cursor.hasLabel(key)));
}

/** Makes the test of `label=a,b` or `label.exists`. */
export const labelsTest = (test: Test, labels: LabelMap | undefined): Predicate =>
  test.op === 'exists'
    ? cursor => cursor.labelCount() > 0
    : anyOf(test.values.map(value => labelTest(value as LabelValue, labels)));
