import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNatLab, labAvailable } from '@conntrack/lab';
import { expect, onTestFinished, test } from 'vitest';
import { ctctl } from '../ctctl.js';
import { serving } from '../serving.js';

test('a server sends ended flows and NAT sessions to a collector and to files, without a database', async ({
  skip,
}) => {
  skip(labAvailable() !== undefined, labAvailable());
  const folder = mkdtempSync(join(tmpdir(), 'ctctl-rows-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const collector = createSocket('udp4').bind(0, '127.0.0.1');
  onTestFinished(() => void collector.close());
  await once(collector, 'listening');
  const datagrams: Buffer[] = [];
  collector.on('message', datagram => datagrams.push(datagram));

  await using lab = await createNatLab();
  const places = ['--ipfix', `udp://127.0.0.1:${collector.address().port}?domain=7&delay=0`, '--ndjson', folder];
  const argv = ['--source', 'kernel', '--netns', lab.router.path, '--listen', '127.0.0.1:0', ...places];
  const code = await serving(argv, {}, async () => {
    const { original } = await lab.traffic.tcpClosed();
    const deleted = await ctctl(['delete', `src=${original.src}`, '--netns', lab.router.path, '--yes']);
    expect(deleted).toMatchObject({ code: 0 });
    // Templates, the NAT session, the end with the end of the session: each domain 7.
    await expect.poll(() => datagrams.filter(datagram => datagram.readUInt32BE(12) === 7).length).toBeGreaterThan(2);
  });
  expect(code).toBe(0);
  const [name, ...others] = readdirSync(folder);
  expect(others).toEqual([]);
  const lines = readFileSync(join(folder, name!), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  expect(lines.map(({ type }) => type)).toEqual(['nat', 'end']);
  expect(lines[1].flow.original).toMatchObject({ dport: 443, packets: expect.any(Number) });
});

test.each([
  [['--ipfix', '192.0.2.9'], "ipfix: '192.0.2.9' is not the URL of an IPFIX collector"],
  [['--ipfix', 'udp://h?domian=1'], "ipfix: 'udp://h?domian=1': unknown key 'domian'. Did you mean 'domain'?"],
])('wrong settings of a collector (%j) are found before the server starts', async (argv, message) => {
  const { code, stderr } = await ctctl(['serve', ...argv, '--check-config']);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});

test('a table without events cannot be recorded', async () => {
  const argv = ['serve', '--source', 'file:/dev/null', '--listen', '127.0.0.1:0', '--ipfix', 'udp://127.0.0.1:9'];
  const { code, stderr } = await ctctl(argv);
  expect(stderr).toMatch(/events/);
  expect(code).not.toBe(0);
});
