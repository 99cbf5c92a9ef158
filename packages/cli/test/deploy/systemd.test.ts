import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConntrackClient } from '@conntrack/client';
import { nodeFetch } from '@conntrack/client/node';
import { afterAll, describe, expect, it } from 'vitest';
import { SAMPLE } from '../../src/sample.js';
import { ctctl } from '../ctctl.js';
import { fileOf, has, said, textOf } from './files.js';

const folder = mkdtempSync(join(tmpdir(), 'ctctl-units-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The settings of a unit: sections of names with their values. */
function unit(text: string): Record<string, Record<string, string[]>> {
  const sections: Record<string, Record<string, string[]>> = {};
  let section: Record<string, string[]> = {};
  for (const line of text.split('\n')) {
    const head = /^\[(\w+)\]$/.exec(line)?.[1];
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (head !== undefined) sections[head] = section = {};
    else if (name !== undefined) section[name] = [...(section[name] ?? []), value!];
    else expect(line).toMatch(/^(#.*)?$/);
  }
  return sections;
}

const service = unit(textOf('systemd/conntrack-api.service'));
const socket = unit(textOf('systemd/conntrack-api.socket'));

/**
 * The units with a program that exists on this machine instead of the real one, because systemd checks that it exists.
 */
function installed(): string[] {
  return ['conntrack-api.service', 'conntrack-api.socket'].map(name => {
    const file = join(folder, name);
    writeFileSync(file, textOf(`systemd/${name}`).replaceAll('/usr/bin/ctctl', '/bin/true'));
    return file;
  });
}

describe('the systemd units', () => {
  it('the units give the server one capability, a user of its own, and its sockets', () => {
    const it = service.Service!;
    expect(it).toMatchObject({
      Type: ['notify'],
      AmbientCapabilities: ['CAP_NET_ADMIN'],
      CapabilityBoundingSet: ['CAP_NET_ADMIN'],
      NoNewPrivileges: ['yes'],
      DynamicUser: ['yes'],
      ProtectSystem: ['strict'],
      RestrictAddressFamilies: ['AF_UNIX AF_INET AF_INET6 AF_NETLINK'],
      // The table of the host is in the host's network namespace.
      WatchdogSec: ['30'],
    });
    expect(it).not.toHaveProperty('PrivateNetwork');
    expect(it).not.toHaveProperty('MemoryDenyWriteExecute');
    expect(service.Unit!.Requires).toEqual(['conntrack-api.socket']);
    expect(socket.Socket).toMatchObject({ SocketMode: ['0660'], SocketGroup: ['conntrack'] });
    for (const address of socket.Socket!.ListenStream!) expect(address).toMatch(/^(\/run\/|127\.0\.0\.1:|\[::1\]:)/);
  });

  it('systemd accepts the units without a warning', ({ skip }) => {
    skip(!has('systemd-analyze'), 'systemd-analyze is not installed');
    expect(said('systemd-analyze', 'verify', ...installed())).toEqual({ code: 0, text: '' });
  });

  it('the units have an exposure below 2 of 10', ({ skip }) => {
    skip(!has('systemd-analyze'), 'systemd-analyze is not installed');
    const [file] = installed();
    const { code, text } = said('systemd-analyze', 'security', '--offline=true', '--no-pager', '--threshold=20', file!);
    expect(code, text).toBe(0);
  });

  it('the units start the program with existing options and a valid configuration', async () => {
    const { ExecStart, ExecStartPre } = service.Service!;
    const config = fileOf('systemd/server.yaml');
    for (const line of [...ExecStartPre!, `${ExecStart![0]} --check-config`]) {
      const argv = line.replace('/usr/bin/ctctl ', '').replace('/etc/conntrack/server.yaml', config).split(' ');
      const { code, stdout, stderr } = await ctctl(argv);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain('valid');
    }
  });

  it('the units and logrotate use the same files', () => {
    const config = readFileSync(fileOf('systemd/server.yaml'), 'utf8');
    const [, audit] = /^audit: (\S+)$/m.exec(config)!;
    expect(textOf('systemd/conntrack-api.logrotate')).toContain(`${audit} {`);
    expect(`/var/log/${service.Service!.LogsDirectory![0]}/`).toBe(audit!.replace(/[^/]+$/, ''));
  });
});

it('sockets of systemd are served, also after a reload, and stay open at the end', async ({ skip }) => {
  skip(!has('systemd-socket-activate'), 'systemd-socket-activate is not installed');
  const path = join(folder, 'api.sock');
  const tokens = fileOf('systemd/tokens.yaml');
  const program = fileURLToPath(new URL('../../dist/ctctl.cjs', import.meta.url));
  const argv = ['serve', '--source', `memory:${SAMPLE}`, '--listen', 'systemd:api', '--tokens', tokens];
  const server = spawn('systemd-socket-activate', ['-l', path, '--fdname=api', process.execPath, program, ...argv]);
  let heard = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', chunk => (heard += chunk));
  await expect.poll(() => heard).toContain('Listening on');
  // The first connection starts the program, and is the first that it serves.
  const client = new ConntrackClient({ url: 'http://localhost', fetch: nodeFetch({ socketPath: path }) });
  expect(await client.count()).toBe(68);
  expect(heard).toContain(`serving  unix:${path}`);
  server.kill('SIGHUP');
  await expect.poll(() => heard).toContain('"event":"reloaded"');
  expect(await client.count()).toBe(68);
  server.kill('SIGTERM');
  expect(await once(server, 'exit')).toEqual([0, null]);
  expect(statSync(path).isSocket()).toBe(true);
});
