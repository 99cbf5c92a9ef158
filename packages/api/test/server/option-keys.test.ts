import { createApp, serve } from '@conntrack/api';
import { OptionsError } from '@conntrack/flow';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import { expect, test } from 'vitest';

const table = new ConntrackTable(new MemorySource());

test.each([
  [{ readOly: true }, "createApp: unknown key 'readOly'. Did you mean 'readOnly'?"],
  [{ limits: { maxAfected: 1 } }, "createApp: limits: unknown key 'maxAfected'. Did you mean 'maxAffected'?"],
  [{ eventLimits: { rng: 1 } }, "createApp: eventLimits: unknown key 'rng'. Did you mean 'ring'?"],
  [{ auth: { tokens: [], fallbak: {} } }, "createApp: auth: unknown key 'fallbak'. Did you mean 'fallback'?"],
])('createApp rejects the unknown option %j', (options, message) => {
  const make = (): unknown => createApp({ table, auth: { tokens: [] }, ...options } as never);
  expect(make).toThrow(OptionsError);
  expect(make).toThrow(message);
});

test.each([
  [{ tokns: [] }, "serve: unknown key 'tokns'. Did you mean 'tokens'?"],
  [{ jwt: { netn: ['a'] } }, "serve: jwt: unknown key 'netn'. Did you mean 'netns'?"],
  [{ jwt: { claims: { filtr: 'x' } } }, "serve: jwt: claims: unknown key 'filtr'. Did you mean 'filter'?"],
  [{ anonymous: 'write' }, "serve: anonymous must be 'none' or 'read', got 'write'"],
  [{ listen: { address: '127.0.0.1:0', mod: 0o600 } }, "serve: listen: unknown key 'mod'. Did you mean 'mode'?"],
  [{ connections: { header: 1 } }, "serve: connections: unknown key 'header'. Did you mean 'headers'?"],
])('serve rejects the unknown option %j, and does not listen', async (options, message) => {
  await expect(serve({ table, ...options } as never)).rejects.toThrow(message);
});
