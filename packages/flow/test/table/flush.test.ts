import { describe, expect, it } from 'vitest';
import { checkFlushScope, type TableError, type TableFlushScope } from '../../src/table/index.js';

const refusal = (scope: object): [code: string, message: string] | undefined => {
  try {
    checkFlushScope(scope as TableFlushScope);
    return undefined;
  } catch (error) {
    const { code, message } = error as TableError;
    return [code, message];
  }
};

describe('a scope of a flush', () => {
  it.each([
    { all: true },
    { all: true, mark: undefined },
    { family: 'ipv4' },
    { family: 'ipv6', zone: 0, mark: 0 },
    { zone: 7 },
    { mark: 5 },
    { mark: 5, markMask: 0xff },
    { mark: 5, markMask: undefined },
  ])('the flush scope %j is accepted', scope => expect(refusal(scope)).toBeUndefined());

  it.each<[object, string]>([
    [{}, 'a flush of the whole table must be confirmed: { all: true }; nothing was flushed'],
    [{ zone: undefined }, 'a flush of the whole table must be confirmed: { all: true }; nothing was flushed'],
    [{ all: true, mark: 5 }, 'a flush of the whole table takes no condition; nothing was flushed'],
    [{ all: false, zone: 5 }, "cannot flush by 'all'; nothing was flushed"],
    [{ all: 1 }, "cannot flush by 'all'; nothing was flushed"],
    [{ zone: 5, marc: 1 }, "cannot flush by 'marc'; nothing was flushed"],
    [{ family: 'inet' }, "unknown family 'inet'; nothing was flushed"],
    [{ zone: 5, markMask: 1 }, 'a mark mask requires a mark; nothing was flushed'],
    [{ mark: 5, markMask: 0 }, 'a mark with mask 0 matches every mark; nothing was flushed'],
  ])('the flush scope %j is refused', (scope, message) => expect(refusal(scope)).toEqual(['INVALID_CHANGE', message]));
});
