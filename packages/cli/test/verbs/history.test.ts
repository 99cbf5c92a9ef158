import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashToken, serve } from '@conntrack/api';
import { ConntrackClient } from '@conntrack/client';
import { parseQuery } from '@conntrack/filter';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type OpenHistory, openHistory } from '../../src/serve/history.js';
import { ctctl } from '../ctctl.js';

const TOKENS = { all: 'a'.repeat(40), tenant: 'b'.repeat(40), blind: 'c'.repeat(40) };
const lastHour = () => ({
  from: new Date(Date.now() - 3_600_000).toISOString(),
  to: new Date(Date.now() + 60_000).toISOString(),
});
let folder: string;
let history: OpenHistory;
let server: Awaited<ReturnType<typeof serve>>;
const audit: Record<string, unknown>[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ctctl-history-'));
  const table = new ConntrackTable(new MemorySource());
  history = await openHistory(table, { folder, days: 1, bytes: 2 ** 30 }, () => {});
  const base = { family: 'ipv4', protonum: 17, timeout: 600 } as const;
  for (let i = 1; i <= 5; i++)
    await table.create({ ...base, original: { src: `10.0.0.${i}`, dst: '192.0.2.9', sport: 1000 + i, dport: 53 } });
  await table.deleteMany(parseQuery('dport=53').filter);
  await vi.waitFor(() => expect(history.numbers?.().written).toBe(5), { timeout: 20_000 });
  server = await serve({
    table,
    history,
    listen: '127.0.0.1:0',
    log: line => audit.push(line as Record<string, unknown>),
    tokens: [
      { name: 'all', sha256: hashToken(TOKENS.all), scopes: ['history:read'] },
      {
        name: 'tenant',
        sha256: hashToken(TOKENS.tenant),
        scopes: ['history:read'],
        filter: parseQuery('src=10.0.0.2').filter,
      },
      { name: 'blind', sha256: hashToken(TOKENS.blind), scopes: ['flows:read'] },
    ],
  });
  for (const [name, token] of Object.entries(TOKENS))
    writeFileSync(join(folder, `${name}.token`), token, { mode: 0o600 });
}, 60_000);

afterAll(async () => {
  await server.close();
  await history.close();
  rmSync(folder, { recursive: true });
});

const places: [string, () => string[]][] = [
  ['a folder', () => ['--dir', folder]],
  ['a server', () => ['--server', server.url, '--token-file', join(folder, 'all.token')]],
];

describe.each(places)('the history of %s', (_, place) => {
  it('flows that ended are listed, filtered and counted', async () => {
    const listed = await ctctl(['history', 'dport=53', '--since', '1h', '-o', 'csv', '--sort', 'src', ...place()]);
    expect(listed).toMatchObject({ code: 0 });
    expect(listed.stdout.trim().split('\n')).toHaveLength(6);
    const one = await ctctl(['history', 'src=10.0.0.3', '--since', '1h', '-o', 'json', ...place()]);
    expect(JSON.parse(one.stdout)).toMatchObject([{ original: { src: '10.0.0.3', sport: 1003 } }]);
    expect(await ctctl(['history', 'src=10.0.0.0/8', '--since', '1h', '--count', ...place()])).toMatchObject({
      code: 0,
      stdout: '5\n',
    });
    expect(await ctctl(['history', '--from', '2001-01-01', '--to', '2001-01-02', '--count', ...place()])).toMatchObject(
      {
        stdout: '0\n',
      },
    );
  });

  it('the largest groups are ranked', async () => {
    const ranked = await ctctl(['history', '--top', 'dst', '--since', '1h', '-o', 'csv', ...place()]);
    expect(ranked.stdout).toBe('flows,dst\r\n5,192.0.2.9\r\n');
  });

  it('an unrecorded field and a wrong time are refused with a sentence', async () => {
    const unknown = await ctctl(['history', 'timeout<5', '--since', '1h', ...place()]);
    expect(unknown.stderr).toContain("'timeout' cannot be asked of the past");
    expect(unknown.code).not.toBe(0);
    const time = await ctctl(['history', '--at', 'noon', ...place()]);
    expect(time.stderr).toMatch(/--at: /);
    expect(time.code).toBe(2);
  });
});

it('options of the recorder and of questions do not mix', async () => {
  for (const [argv, message] of [
    [
      ['history', 'dport=53', '--dir', folder, '--days', '3'],
      "--days does not apply here: it is for 'ctctl history record'",
    ],
    [
      ['history', 'record', '--dir', folder, '--since', '1h'],
      '--since does not apply here: record writes the history of this host',
    ],
    [['history', 'record', 'dport=53'], "record: has no filter, got 'dport=53'"],
    [['history', 'record', '--dir', folder], '--days'],
    [['history', 'dport=53'], 'give one of --at, --since and --from: the time that the question is about'],
    [['history', '--count', '--since', '1h'], 'give --dir FOLDER or --server ADDRESS'],
  ] as const) {
    const { code, stderr } = await ctctl(argv);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  }
});

it('a token with a filter asks the past of its own flows only, and each question is in the audit log', async () => {
  const client = (token: string) => new ConntrackClient({ url: server.url, token });
  const span = lastHour();
  expect(await client(TOKENS.tenant).past(span).count()).toBe(1);
  expect(await client(TOKENS.tenant).past(span).count('src=10.0.0.3')).toBe(0);
  const { items } = await client(TOKENS.tenant)
    .past(span)
    .top('', { by: ['src'] });
  expect(items.map(({ group }) => group)).toEqual(['10.0.0.2']);
  await expect(client(TOKENS.blind).past(span).count()).rejects.toMatchObject({ code: 'scope-missing' });
  expect(
    audit.filter(line => line.principal === 'tenant' || (line.principal as { name?: string })?.name === 'tenant')
      .length,
  ).toBeGreaterThan(2);
});

it('pages of the past follow each other without a gap or a repeat', async () => {
  const client = new ConntrackClient({ url: server.url, token: TOKENS.all }).past(lastHour());
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.page('', { limit: 2, sort: 'src', ...(cursor && { cursor }) });
    seen.push(...page.items.map(({ original }) => original.src));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  expect(seen).toEqual([1, 2, 3, 4, 5].map(i => `10.0.0.${i}`));
});
