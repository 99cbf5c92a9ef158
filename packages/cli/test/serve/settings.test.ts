import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { hashToken } from '@conntrack/api';
import { ConntrackClient } from '@conntrack/client';
import { nodeFetch } from '@conntrack/client/node';
import { afterAll, describe, expect, it } from 'vitest';
import { native } from '../../../netlink/src/socket/native.js';
import { SAMPLE } from '../../src/sample.js';
import { VARIABLES } from '../../src/serve/settings.js';
import { ctctl } from '../ctctl.js';
import { outcome, serving, until } from '../serving.js';

const folder = mkdtempSync(join(tmpdir(), 'ctctl-serve-'));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

const tokensFile = (token: string, scopes = 'flows:read'): string =>
  `tokens: [{ name: holder, sha256: ${hashToken(token)}, scopes: [${scopes}] }]\n`;

describe('settings', () => {
  it('flags take precedence over variables, and variables over the file', async () => {
    const config = write('order.yaml', 'listen: 127.0.0.1:1\nanonymous: none\nreadOnly: true\n');
    await serving(
      ['--listen', '127.0.0.1:0', '--listen', '[::1]:0'],
      { CTCTL_CONFIG: config, CTCTL_ANONYMOUS: 'read' },
      async ({ urls }) => {
        expect(urls).toHaveLength(2);
        const client = new ConntrackClient({ url: urls[1]! });
        expect(await client.count()).toBe(68);
        expect(await outcome(client.deleteMany('proto=gre'))).toBe('read-only');
      },
    );
  });

  it('the source comes from the settings, and defaults do not override the file', async () => {
    const config = write('source.yaml', `source: memory:${SAMPLE}\nlisten: 127.0.0.1:0\nanonymous: read\n`);
    const run = async (argv: string[], env: Record<string, string>) =>
      (await ctctl(['serve', '--config', config, ...argv], { env })).stderr;
    expect(await run(['--source', 'file:/nowhere'], {})).toContain('/nowhere');
    expect(await run([], { CTCTL_SOURCE: 'file:/elsewhere' })).toContain('/elsewhere');
    expect(await run(['--source', 'file:/nowhere'], { CTCTL_SOURCE: 'file:/elsewhere' })).toContain('/nowhere');
  });

  it('each setting has a variable', async () => {
    expect(VARIABLES.map(([name]) => name)).toContain('CTCTL_LISTEN');
    const env = {
      CTCTL_LISTEN: `unix:${folder}/a.sock\nunix:${folder}/b.sock`,
      CTCTL_READ_ONLY: 'true',
      CTCTL_PROTECT: 'dport=22',
    };
    await serving([], env, async ({ urls }) => {
      expect(urls).toEqual([`unix:${folder}/a.sock`, `unix:${folder}/b.sock`]);
      const client = new ConntrackClient({ url: 'http://x', fetch: nodeFetch({ socketPath: `${folder}/b.sock` }) });
      expect(await client.count()).toBe(68);
    });
  });

  it.each<[string[], Record<string, string>, boolean]>([
    [[], {}, true],
    [['--no-console'], {}, false],
    [[], { CTCTL_NO_CONSOLE: 'true' }, false],
    [['--config', write('console.yaml', 'console: false\n')], {}, false],
  ])('browsers get the console, unless it is turned off: %j %j', async (argv, env, expected) => {
    await serving(['--listen', '127.0.0.1:0', ...argv], env, async ({ urls }) => {
      const page = await fetch(urls[0]!, { headers: { accept: 'text/html' } });
      expect(page.headers.get('content-type')?.startsWith('text/html')).toBe(expected);
    });
  });

  it.each<[string[], Record<string, string>, string]>([
    [['--anonymous', 'all'], {}, "--anonymous: must be 'none' or 'read', got 'all'\n"],
    [['--max-affected', 'many'], {}, "--max-affected: must be a whole number, got 'many'\n"],
    [[], { CTCTL_GRACE: '-1' }, 'CTCTL_GRACE: must be more than 0 seconds, got -1\n'],
    [[], { CTCTL_READ_ONLY: 'maybe' }, "CTCTL_READ_ONLY: must be true or false, got 'maybe'"],
    [['--protect', 'dprot=22'], {}, 'Did you mean'],
    [['--listen', 'systemd'], {}, 'systemd: no socket was inherited'],
    [
      ['--listen', 'systemd:api'],
      { LISTEN_PID: String(process.pid), LISTEN_FDS: '1', LISTEN_FDNAMES: 'other' },
      "no socket named 'api'",
    ],
    [['--tokens', '/nowhere'], {}, '/nowhere: cannot read this path (ENOENT)'],
    [['--config', '/nowhere'], {}, '/nowhere: cannot read this file (ENOENT)'],
    [['--tls-cert', 'x'], {}, '--tls-cert: tls.key: must be the path of a file\n'],
  ])('invalid settings %j %j are an error with code 2 and the expected value', async (argv, env, text) => {
    const { code, stdout, stderr } = await ctctl(['serve', ...argv], { env });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(text);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe('--check-config', () => {
  it('--check-config says that the configuration is valid, and opens nothing', async () => {
    const tokens = write('fine-tokens.yaml', tokensFile('x'));
    const config = write('fine.yaml', `listen: 127.0.0.1:1\ntokens: ${tokens}\nprotect: dport=22\n`);
    const { code, stdout } = await ctctl(['serve', '--check-config', '--config', config]);
    expect([code, stdout]).toEqual([0, `${config}: the configuration is valid\n`]);
  });

  it('--check-config reports all faults with their places', async () => {
    const config = write('wrong.yaml', 'listen: 127.0.0.1:1\nlimits:\n  dump: 3\n  dumps: x\n');
    const { code, stderr } = await ctctl(['serve', '--check-config', '--config', config]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${config}:3:3: limits.dump: unknown setting. Known settings: maxAffected`);
    expect(stderr).toContain(`${config}:4:3: limits.dumps: must be a whole number, got 'x'\n`);
  });
});

describe('SIGHUP', () => {
  it('SIGHUP reloads tokens while connections continue; an invalid file changes nothing and is reported', async () => {
    const tokens = write('hup.yaml', tokensFile('first'));
    await serving(['--listen', '127.0.0.1:0', '--tokens', tokens], {}, async ({ urls: [url], said, hangup }) => {
      const first = new ConntrackClient({ url: url!, token: 'first' });
      const second = new ConntrackClient({ url: url!, token: 'second' });
      const list = first.list();
      await list.next();
      write('hup.yaml', tokensFile('second'));
      hangup();
      await until(() => said().includes('"event":"reloaded"'), 'it is read');
      expect(await outcome(first.count())).toBe('unauthenticated');
      expect(await second.count()).toBe(68);
      let rest = 0;
      while (!(await list.next()).done) rest++;
      expect(rest).toBe(67);
      write('hup.yaml', 'tokens: [{ name: x }]\n');
      hangup();
      await until(() => said().includes('the old settings stay active'), 'it is refused');
      expect(said()).toContain('hup.yaml:1:10: tokens[0].sha256');
      expect(await second.count()).toBe(68);
    });
  });

  it('SIGHUP opens the audit file again, for logrotate', async () => {
    const audit = join(folder, 'audit.ndjson');
    const tokens = write('audit-tokens.yaml', tokensFile('t', 'flows:delete'));
    const argv = ['--listen', '127.0.0.1:0', '--tokens', tokens, '--audit', audit, '--log-format', 'text'];
    await serving(argv, {}, async ({ urls: [url], said, hangup }) => {
      const client = new ConntrackClient({ url: url!, token: 't' });
      await client.deleteMany('proto=gre');
      renameSync(audit, `${audit}.1`);
      hangup();
      await until(() => /Z reloaded$/m.test(said()), 'it is open');
      await client.deleteMany('proto=icmp');
      expect(await outcome(new ConntrackClient({ url: url!, token: 'wrong' }).count())).toBe('unauthenticated');
      const lines = (file: string): unknown[] =>
        readFileSync(file, 'utf8')
          .trimEnd()
          .split('\n')
          .map(line => JSON.parse(line));
      expect(lines(`${audit}.1`)).toMatchObject([
        { event: 'intent', principal: 'holder', filter: 'proto=gre' },
        { event: 'audit', principal: 'holder', filter: 'proto=gre' },
      ]);
      expect(lines(audit)).toMatchObject([
        { event: 'intent' },
        { event: 'audit', filter: 'proto=icmp' },
        { event: 'refused' },
      ]);
      expect(said()).not.toContain('proto=gre');
    });
  });

  it('SIGHUP reloads certificates and clients', async () => {
    const parties = new URL('../../../api/test/server/certificates/', import.meta.url);
    const party = (name: string): string => readFileSync(new URL(name, parties), 'utf8');
    write('tls.pem', party('server.pem'));
    write('tls.key', party('server.key'));
    write('ca.pem', party('ca.pem'));
    const settings = (scopes: string): string =>
      `listen: 127.0.0.1:0\ntls: { cert: tls.pem, key: tls.key, clientCa: ca.pem, clients: [{ name: reader, commonName: reader, scopes: [${scopes}] }] }\n`;
    const config = write('tls.yaml', settings('flows:read'));
    await serving(['--config', config], {}, async ({ urls: [url], said, hangup }) => {
      const reader = new ConntrackClient({
        url: url!,
        fetch: nodeFetch({ ca: party('ca.pem'), cert: party('reader.pem'), key: party('reader.key') }),
      });
      expect(await reader.count()).toBe(68);
      write('tls.yaml', settings('stats:read'));
      write('tls.pem', party('renewed.pem'));
      // The key of the other certificate: it does not match yet.
      hangup();
      await until(() => said().includes('the old settings stay active'), 'it is refused');
      expect(await reader.count()).toBe(68);
      write('tls.key', party('renewed.key'));
      hangup();
      await until(() => said().includes('"event":"reloaded"'), 'it is read');
      expect(await outcome(reader.count())).toBe('scope-missing');
    });
  });

  it('SIGHUP lists the settings that need a restart', async () => {
    const config = write('later.yaml', 'listen: 127.0.0.1:0\nanonymous: read\n');
    await serving(['--config', config], {}, async ({ said, hangup }) => {
      write('later.yaml', 'listen: 127.0.0.1:2\nanonymous: read\nreadOnly: true\n');
      hangup();
      await until(() => said().includes('"afterRestart":["readOnly","listen"]'), said());
    });
  });
});

it('the service manager is notified', async () => {
  const addon = native();
  const path = join(folder, 'notify.sock');
  const fd = addon.socket(1, 2, 0, -1);
  expect(addon.bind(fd, Buffer.concat([Buffer.from(new Uint16Array([1]).buffer), Buffer.from(path)]))).toBe(0);
  const into = new Uint8Array(4096);
  const next = (): string => Buffer.from(into.subarray(0, Math.max(0, addon.receive(fd, into, 0)))).toString();
  const heard: string[] = [];
  const listening = setInterval(() => {
    for (let text = next(); text !== ''; text = next()) heard.push(text);
  }, 10);
  const tokens = write('manager-tokens.yaml', tokensFile('t'));
  const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: '100000', WATCHDOG_PID: String(process.pid) };
  await serving(['--listen', '127.0.0.1:0', '--tokens', tokens], env, async ({ urls: [url], hangup }) => {
    await until(() => heard.some(text => text.startsWith(`READY=1\nSTATUS=listening on ${url}`)), 'ready');
    await until(() => heard.filter(text => text === 'WATCHDOG=1').length > 1, 'alive');
    hangup();
    await until(() => heard.some(text => /^RELOADING=1\nMONOTONIC_USEC=\d+$/.test(text)), 'reloading');
    await until(() => heard.filter(text => text.startsWith('READY=1')).length === 2, 'ready again');
  });
  await until(() => heard.at(-1)?.startsWith('STOPPING=1') === true, 'stopping');
  clearInterval(listening);
  addon.close(fd);
});

describe('token', () => {
  it("token prints a new token, and the lines for the server's token file", async () => {
    const argv = [
      'token',
      'controller',
      '--scopes',
      'flows:read,flows:delete',
      '--filter',
      'src=10.0.0.0/8',
      '--expires',
      '90d',
    ];
    const { code, stdout, stderr } = await ctctl(argv);
    expect(code).toBe(0);
    const made = stdout.trim();
    expect(made).toMatch(/^ct_[\w-]{43}$/);
    expect(stderr).not.toContain(made);
    const tokens = write('made.yaml', `tokens:\n${stderr}`);
    const { code: valid } = await ctctl(['serve', '--check-config', '--tokens', tokens]);
    expect(valid).toBe(0);
    expect(stderr).toContain(`sha256: ${hashToken(made)}`);
  });

  it('token --hash prints the hash of a token, and rejects an empty one', async () => {
    expect((await ctctl(['token', '--hash'], { stdin: Readable.from(['secret\n']) })).stdout).toBe(
      `${hashToken('secret')}\n`,
    );
    expect((await ctctl(['token', '--hash'], { stdin: Readable.from([]) })).code).toBe(2);
    expect((await ctctl(['token'])).code).toBe(2);
    expect((await ctctl(['token', 'x', '--scopes', 'flows:all'])).stderr).toContain('must be one of flows:read');
    expect((await ctctl(['token', 'x', '--expires', 'soon'])).code).toBe(2);
    expect((await ctctl(['token', 'x', '--filter', 'dprot=1'])).code).toBe(2);
  });
});
