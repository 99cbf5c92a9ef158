import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { ctctl } from '../ctctl.js';
import { serving } from '../serving.js';

const folder = mkdtempSync(join(tmpdir(), 'ctctl-probe-'));
afterAll(() => rmSync(folder, { recursive: true }));
const party = (name: string): string =>
  fileURLToPath(new URL(`../../../api/test/server/certificates/${name}`, import.meta.url));
const probe = (...argv: string[]) => ctctl(['serve', '--probe', ...argv]);

it('--probe uses the settings: clear text, TLS, TLS with client certificates, and a unix socket', async () => {
  const [cert, key, ca] = ['server.pem', 'server.key', 'ca.pem'].map(party);
  const config = join(folder, 'server.yaml');
  const settings = (ports: (string | undefined)[]): string => `listen:
  - 127.0.0.1:${ports[0]}
  - { address: '127.0.0.1:${ports[1]}', tls: { cert: ${cert}, key: ${key} } }
  - { address: '127.0.0.1:${ports[2]}', tls: { cert: ${cert}, key: ${key}, clientCa: ${ca} } }
  - unix:${folder}/api.sock
`;
  writeFileSync(config, settings(['0', '0', '0']));
  await serving(['--config', config], {}, async ({ urls }) => {
    const ports = urls.map(url => /:(\d+)$/.exec(url)?.[1]);
    for (const i of [0, 1, 2, 3]) {
      const listen = settings(ports).split('\n')[i + 1]!;
      writeFileSync(config, `listen:\n${listen}\n`);
      expect(await probe('--config', config), listen).toMatchObject({ code: 0, stderr: '' });
    }
    expect((await probe('--listen', `0.0.0.0:${ports[0]}`)).stdout).toBe(`0.0.0.0:${ports[0]} responds\n`);
  });
});

it('--probe distinguishes a missing server from one that fails', async () => {
  const other = createServer((_, response) => response.writeHead(500).end()).listen(0, '127.0.0.1');
  await new Promise(resolve => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  expect(await probe('--listen', `127.0.0.1:${port}`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('it responds with status 500'),
  });
  other.close();
  expect(await probe('--listen', `unix:${folder}/nobody.sock`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('ENOENT'),
  });
  expect(await probe('--listen', 'systemd')).toMatchObject({ code: 2 });
});
