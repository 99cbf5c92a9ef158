import { parseQuery } from '@conntrack/filter';
import { expect, test } from 'vitest';
import { hashToken, READ_SCOPES, SCOPES } from '../../src/index.js';
import { problem, testApp, withScopes } from '../support.js';

test('a caller learns its name, its rights and its limits, and never its token', async () => {
  const sha256 = hashToken('tenant-token');
  const tokens = [
    {
      name: 'tenant',
      sha256,
      scopes: ['flows:read', 'flows:delete'] as const,
      filter: parseQuery('mark=7').filter,
      netns: ['.'],
    },
  ];
  expect(await testApp({ auth: { tokens } }).json('/whoami', { token: 'tenant-token' })).toEqual({
    name: 'tenant',
    scopes: ['flows:read', 'flows:delete'],
    filter: 'mark=0x7',
    netns: ['.'],
  });
  expect(await testApp().json('/whoami')).toEqual({ name: 'tester', scopes: SCOPES });
});

test('a caller of a read-only server may change nothing', async () => {
  expect(await testApp({ readOnly: true }).json('/whoami')).toEqual({ name: 'tester', scopes: READ_SCOPES });
});

test('a caller without a token learns that it needs one, or that it may read', async () => {
  await problem(await testApp().request('/whoami', { token: null }), 'unauthenticated');
  const { tokens } = withScopes(SCOPES);
  const auth = { tokens, fallback: { name: 'anonymous', scopes: READ_SCOPES, filter: parseQuery('proto=tcp').filter } };
  expect(await testApp({ auth }).json('/whoami', { token: null })).toEqual({
    name: 'anonymous',
    scopes: READ_SCOPES,
    filter: 'proto=tcp',
  });
});
