import type { FlowCursor, LabelMap } from '@conntrack/flow';
import type { Test, Value } from '../ast.js';

type Predicate = (cursor: FlowCursor) => boolean;

/** Pieces between stars, found one after the other: never a step back, so the time is linear in the text for each piece. */
function globTest(parts: readonly string[]): (text: string) => boolean {
  const [first, ...rest] = parts.map(part => part.toLowerCase());
  const last = rest.pop()!;
  return text => {
    if (text.length < first!.length + last.length || !text.startsWith(first!) || !text.endsWith(last)) return false;
    let at = first!.length;
    const end = text.length - last.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return at <= end;
  };
}

/** Names and globs, case-insensitive. */
export function textTest(read: (cursor: FlowCursor) => string | undefined, test: Test): Predicate {
  if (test.op === 'exists') return cursor => (read(cursor) ?? '') !== '';
  const texts = new Set(test.values.flatMap(value => (value.type === 'text' ? [value.text.toLowerCase()] : [])));
  const globs = test.values.flatMap(value => (value.type === 'glob' ? [globTest(value.parts)] : []));
  return cursor => {
    const text = read(cursor)?.toLowerCase();
    return text !== undefined && (texts.has(text) || globs.some(glob => glob(text)));
  };
}

/** A label by bit and by name: netlink knows bits, text that named them knows names. */
function labelTest(value: Value, labels: LabelMap | undefined): Predicate {
  if (value.type !== 'label') return () => false;
  const bit = value.bit ?? (value.name === undefined ? undefined : labels?.bit(value.name));
  const name = value.name ?? (bit === undefined ? undefined : labels?.name(bit));
  if (name === undefined) return cursor => cursor.hasLabel(bit!);
  if (bit === undefined) return cursor => cursor.hasLabel(name);
  return cursor => cursor.hasLabel(bit) || cursor.hasLabel(name);
}

/** `label=a,b` (any), `label.all=a,b`, `label.exists`. */
export function labelsTest(test: Test, labels: LabelMap | undefined): Predicate {
  if (test.op === 'exists') return cursor => cursor.labelCount() > 0;
  const tests = test.values.map(value => labelTest(value, labels));
  if (tests.length === 1) return tests[0]!;
  return test.op === 'all' ? cursor => tests.every(each => each(cursor)) : cursor => tests.some(each => each(cursor));
}
