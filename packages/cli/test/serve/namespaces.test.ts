import { mkdtempSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labAvailable, Namespace } from '@conntrack/lab';
import { afterAll, expect, it } from 'vitest';
import { openNamespaces } from '../../src/serve/namespaces.js';

const folder = mkdtempSync(join(tmpdir(), 'ctctl-netns-'));
afterAll(() => rmSync(folder, { recursive: true }));

const newFlow = (sport: number) => ({
  family: 'ipv4' as const,
  protonum: 17,
  original: { src: '192.0.2.1', dst: '192.0.2.2', sport, dport: 53 },
  reply: { src: '192.0.2.2', dst: '192.0.2.1', sport: 53, dport: sport },
  timeout: 600,
});

it('the table of a deleted namespace is closed, and only existing namespaces are listed', async context => {
  const unavailable = labAvailable();
  if (unavailable !== undefined) context.skip(unavailable);
  using red = Namespace.create();
  symlinkSync(red.path, join(folder, 'red'));
  const namespaces = openNamespaces(['red', 'gone'], {}, folder, 10);
  const table = (await namespaces.find('red'))!;
  expect(await namespaces.names()).toEqual(['red']);
  expect(await table.count()).toBe(0);
  unlinkSync(join(folder, 'red'));
  const closed = (): Promise<unknown> => table.count().catch((error: Error) => error.message);
  await expect.poll(closed).toMatch(/closed/);
  expect(await namespaces.names()).toEqual([]);
  namespaces.close();
});

it('the tables of configured namespaces are found, each opened once', async context => {
  const unavailable = labAvailable();
  if (unavailable !== undefined) context.skip(unavailable);
  using blue = Namespace.create();
  using green = Namespace.create();
  symlinkSync(blue.path, join(folder, 'blue'));
  symlinkSync(green.path, join(folder, 'green'));
  const namespaces = openNamespaces(['blue', 'gone'], {}, folder);
  const table = (await namespaces.find('blue'))!;
  await table.create(newFlow(1));
  expect(await namespaces.find('blue')).toBe(table);
  // A namespace that exists but is not configured, and one that is configured but does not exist.
  expect(await namespaces.find('green')).toBeUndefined();
  expect(await namespaces.find('gone')).toBeUndefined();
  // Another namespace has the name now.
  unlinkSync(join(folder, 'blue'));
  symlinkSync(green.path, join(folder, 'blue'));
  const other = (await namespaces.find('blue'))!;
  expect(other).not.toBe(table);
  await other.create(newFlow(2));
  await other.create(newFlow(3));
  expect(await other.count()).toBe(2);
  unlinkSync(join(folder, 'blue'));
  expect(await namespaces.find('blue')).toBeUndefined();
  namespaces.close();
});
