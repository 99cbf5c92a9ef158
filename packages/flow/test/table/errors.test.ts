import { expect, it } from 'vitest';
import { checkWritable, type SourceInfo, TableError } from '../../src/table/index.js';

it('a table error has a code and details, and a cause only if there is one', () => {
  const cause = new Error('the kernel said so');
  const caused = new TableError('FLOW_EXISTS', 'this flow exists', { cause, matched: 3 });
  expect(caused).toMatchObject({
    name: 'TableError',
    code: 'FLOW_EXISTS',
    message: 'this flow exists',
    details: { matched: 3 },
  });
  expect(caused.cause).toBe(cause);
  const bare = new TableError('SOURCE_FAILED', 'it failed');
  expect(bare.details).toEqual({});
  expect('cause' in bare).toBe(false);
});

it('a change of a read-only source is refused before anything is done, with a hint how to try changes', () => {
  const source = { name: 'file:a.txt', writable: false } as SourceInfo;
  expect(() => checkWritable(source)).toThrow(
    expect.objectContaining({
      code: 'READ_ONLY',
      message: 'file:a.txt is read-only. Load it as memory:FILE to try changes',
    }),
  );
  expect(() => checkWritable({ ...source, writable: true })).not.toThrow();
});
