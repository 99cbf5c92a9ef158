import { expect, it } from 'vitest';
import { captureHint } from '../../src/capture/hints.js';
import { Fault } from '../../src/core/error.js';

it('a hint names the text before an entry, or the kind of a text without entries', () => {
  const hint = (line: string, code: Fault['code']): string | undefined => captureHint(line, new Fault(code, 0, 'x'));
  expect(hint('gw tcp 6 src=1.1.1.1', 'PROTOCOL_EXPECTED')).toContain('An entry seems to begin at column 4');
  expect(hint('tcp 6 src=1.1.1.1', 'PROTOCOL_EXPECTED')).toBeUndefined();
  expect(hint('gw tcp 6 src=1.1.1.1', 'TUPLE_EXPECTED')).toBeUndefined();
  expect(hint('42', 'FORMAT_UNKNOWN')).toBe('This is the number that conntrack -C prints, not a list of entries');
  expect(hint('42', 'PROTOCOL_EXPECTED')).toBeUndefined();
});
