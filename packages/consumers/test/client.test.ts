import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { installed } from './install.js';

const folder = installed(['flow', 'filter', 'client']);
afterAll(() => rmSync(folder, { recursive: true }));

/** The files that the installation brought, with their sizes. */
const files = (): { name: string; size: number }[] =>
  readdirSync(join(folder, 'node_modules'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .map(file => ({ name: file, size: statSync(file).size }));

test('installing the client installs three packages, without native code and scripts', () => {
  const manifests = files().filter(({ name }) => name.endsWith('/package.json'));
  expect(manifests.map(({ name }) => name.replace(/.*node_modules\//, '')).sort()).toEqual([
    '@conntrack/client/package.json',
    '@conntrack/filter/package.json',
    '@conntrack/flow/package.json',
  ]);
  expect(files().filter(({ name }) => /\.(node|c|gyp|sh)$/.test(name))).toEqual([]);
});

test('installing the client takes less than 1 MB', () => {
  const bytes = files().reduce((sum, { size }) => sum + size, 0);
  console.log(`installed: ${bytes} bytes`);
  expect(bytes).toBeLessThan(1_000_000);
});

test('the installed client loads, and its error says what it cannot reach', () => {
  const program = `
    import { ClientError, ConntrackClient } from '@conntrack/client';
    import { nodeFetch } from '@conntrack/client/node';
    import { parsePosition } from '@conntrack/client/protocol';
    const fetch = nodeFetch({ socketPath: '/nonexistent/api.sock' });
    const client = new ConntrackClient({ url: 'http://localhost', fetch, retry: false });
    const error = await client.count('proto=tcp').catch(error => error);
    console.log(error instanceof ClientError, error.code, parsePosition('0123456789-7').seq);
  `;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(said).toBe('true CONNECTION_FAILED 7\n');
});
