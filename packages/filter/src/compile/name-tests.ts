import type { FlowCursor, LabelMap } from '@conntrack/flow';
import type { Test, Value } from '../language/ast.js';
import { anyOf } from './any-of.js';

type LabelValue = Extract<Value, { type: 'label' }>;
type Predicate = (cursor: FlowCursor) => boolean;

/** Pieces between stars, found one after the other: never a step back, so the time is linear in the text for each piece. */
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

/** Names and globs, case-insensitive. */
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

/** A label by bit and by name: netlink knows bits, text that named them knows names. */
function labelTest(value: LabelValue, labels: LabelMap | undefined): Predicate {
  const { bit = labels?.bit(value.name ?? ''), name = labels?.name(value.bit ?? -1) } = value;
  const keys = [bit, name].filter(key => key !== undefined);
  return anyOf(keys.map(key => (cursor: FlowCursor) => cursor.hasLabel(key)));
}

/** `label=a,b`, `label.exists`. */
export const labelsTest = (test: Test, labels: LabelMap | undefined): Predicate =>
  test.op === 'exists'
    ? cursor => cursor.labelCount() > 0
    : anyOf(test.values.map(value => labelTest(value as LabelValue, labels)));
