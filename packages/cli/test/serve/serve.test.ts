import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Interrupted, run } from '../../src/index.js';
import { SAMPLE } from '../../src/sample.js';
import { ctctl } from '../ctctl.js';

const memory = ['--source', `memory:${SAMPLE}`];

/** Serves while `use` runs. Returns the output and the exit code. */
async function serving(
  argv: readonly string[],
  use: (url: string, lines: string) => Promise<void>,
): Promise<{ code: number; stderr: string }> {
  const ending = new AbortController();
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const env = {};
  const { signal } = ending;
  const running = run(['serve', '--listen', '127.0.0.1:0', ...argv], {
    stdin,
    stdout,
    stderr,
    env,
    signal,
    interactive: false,
  });
  const first = await Promise.race([
    new Promise<Buffer>(resolve => stdout.once('data', resolve)),
    running.then(code => Promise.reject(new Error(`it ended with ${code}`))),
  ]);
  const lines = String(first);
  try {
    await use(/^serving {2}(\S+)/m.exec(lines)![1]!, lines);
  } finally {
    ending.abort(new Interrupted('SIGINT'));
  }
  return { code: await running, stderr: String(stderr.read() ?? '') };
}

describe('serve', () => {
  it('a server that is interrupted before its first lines are read ends properly', async () => {
    const ending = new AbortController();
    const stdout = new PassThrough({ highWaterMark: 1 });
    const stderr = new PassThrough();
    const running = run(['serve', '--listen', '127.0.0.1:0', ...memory], {
      stdin: new PassThrough(),
      stdout,
      stderr,
      env: {},
      signal: ending.signal,
      interactive: false,
    });
    await expect.poll(() => stdout.writableNeedDrain).toBe(true);
    ending.abort(new Interrupted('SIGTERM'));
    expect(await running).toBe(0);
  });

  it('serve prints source, address, an example and the token, and Ctrl-C is a success', async () => {
    const { code } = await serving([...memory, '--anonymous', 'read'], async (url, lines) => {
      expect(lines.split('\n')[0]).toBe(`source   memory:${SAMPLE}, 68 entries`);
      expect(lines).toContain(`console  ${url}/  (open it in a browser)\n`);
      expect(lines).toContain(`try      curl '${url}/conntrack?proto=tcp&state=ESTABLISHED'\n`);
      const { items } = (await (await fetch(`${url}/conntrack?proto=tcp&state=ESTABLISHED`)).json()) as {
        items: unknown[];
      };
      expect(items.length).toBeGreaterThan(20);
      const token = /^token {4}(\S+)/m.exec(lines)![1]!;
      const removed = await fetch(`${url}/conntrack?proto=gre`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${token}` },
      });
      expect(removed.status).toBe(200);
      expect((await fetch(`${url}/conntrack?proto=udp`, { method: 'DELETE' })).status).toBe(401);
    });
    expect(code).toBe(0);
  });

  it('serve needs a token by default, and the example contains it', async () => {
    await serving(memory, async (url, lines) => {
      expect((await fetch(`${url}/conntrack`)).status).toBe(401);
      const token = /Bearer (\S+)'/.exec(lines)![1]!;
      expect((await fetch(`${url}/conntrack`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    });
  });

  it('serve accepts a given token, and does not print it', async () => {
    await serving([...memory, '--token', 'a-token-of-my-own-choice'], async (url, lines) => {
      expect(lines).not.toContain('a-token-of-my-own-choice');
      expect(lines).not.toMatch(/^token/m);
      const headers = { authorization: 'Bearer a-token-of-my-own-choice' };
      expect((await fetch(`${url}/conntrack`, { headers })).status).toBe(200);
    });
  });

  it('serve writes an audit line for each change', async () => {
    const { stderr } = await serving([...memory, '--token', 't'.repeat(20)], async url => {
      const headers = { authorization: `Bearer ${'t'.repeat(20)}` };
      await fetch(`${url}/conntrack?proto=gre`, { method: 'DELETE', headers });
    });
    const audit = stderr.split('\n').filter(line => line.startsWith('{'));
    expect(audit.length).toBeGreaterThan(0);
    expect(audit.map(line => JSON.parse(line)).some(line => JSON.stringify(line).includes('proto=gre'))).toBe(true);
    expect(stderr).not.toContain('t'.repeat(20));
  });

  it('serve changes nothing with --read-only, and no flow under --protect', async () => {
    const headers = { authorization: 'Bearer token-token-token' };
    const remove = async (url: string) => fetch(`${url}/conntrack?proto=gre`, { method: 'DELETE', headers });
    await serving([...memory, '--token', 'token-token-token', '--read-only'], async (url, lines) => {
      expect(lines).toContain('changes are disabled');
      expect((await remove(url)).ok).toBe(false);
      expect((await (await fetch(`${url}/conntrack/count`, { headers })).json()) as object).toMatchObject({
        count: 68,
      });
    });
    await serving([...memory, '--token', 'token-token-token', '--protect', 'proto=gre'], async url => {
      expect(await (await remove(url)).json()).toMatchObject({ matched: 1, skipped: 1 });
    });
  });

  it('a port in use is an error with code 1 that suggests --listen', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise(resolve => other.once('listening', resolve));
    const listen = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { code, stdout, stderr } = await ctctl(['serve', '--listen', listen, ...memory]);
    other.close();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`^ctctl: ${listen} is already in use.*\n.*--listen HOST:PORT\n$`));
  });
});
