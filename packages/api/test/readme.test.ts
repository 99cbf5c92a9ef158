import { readFileSync } from 'node:fs';
import { PROBLEMS } from '@conntrack/client/protocol';
import { expect, test } from 'vitest';
import { testApp } from './support.js';

/** Converts a curl line of the README to the request that curl sends. */
function requestOf(line: string): { target: string; init: RequestInit } {
  const words = [...line.replace(/ > \S+$/, '').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare!,
  );
  const init: { method: string; headers: Record<string, string>; body?: string } = { method: 'GET', headers: {} };
  let target = '';
  for (let i = 1; i < words.length; i++) {
    const word = words[i]!;
    if (word === '-X') init.method = words[++i]!;
    else if (word === '-H') {
      const [name, value] = words[++i]!.split(': ', 2) as [string, string];
      if (name !== 'Authorization') init.headers[name] = value;
    } else if (word === '--json') {
      init.body = words[++i]!;
      init.headers['content-type'] = 'application/json';
      // As curl does.
      if (init.method === 'GET') init.method = 'POST';
    } else if (word === '>') i++;
    else target = word.replace('127.0.0.1:4680', '');
  }
  return { target, init };
}

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const lines = [...readme.matchAll(/^curl .*$/gm)].map(([line]) => line);

test('the README contains curl lines', () => expect(lines.length).toBeGreaterThan(10));

test.each(lines)("the README's curl line works: %s", async line => {
  const { target, init } = requestOf(line);
  const response = await testApp().request(target, init);
  // `-N` marks endless responses.
  const endless = line.includes(' -N ');
  expect(response.status, endless ? '' : await response.text()).toBeLessThan(300);
  if (endless) await response.body?.cancel();
});

test('the README lists every problem code, and no other', () => {
  const rows = [...readme.matchAll(/^\| (\d{3}) \| `([a-z-]+)` \| (.*) \|$/gm)];
  const told = rows.map(([, status, code, title]) => [code, { status: Number(status), title }]);
  expect(told).toHaveLength(Object.keys(PROBLEMS).length);
  expect(Object.fromEntries(told)).toEqual(PROBLEMS);
});
