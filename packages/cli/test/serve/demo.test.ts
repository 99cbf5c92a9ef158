import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { labAvailable } from '@conntrack/lab';
import { describe, expect, it, type TestContext } from 'vitest';

const BINARY = fileURLToPath(new URL('../../dist/ctctl.cjs', import.meta.url));
const NOBODY = { uid: 65534, gid: 65534 };

/** The running demo with its URL. `ended` resolves to its exit code and what it printed on standard error. */
async function demo(user: object = {}): Promise<{ child: ChildProcess; url: string; ended: Promise<unknown[]> }> {
  const child = spawn(process.execPath, [BINARY, 'serve', '--demo', '--listen', '127.0.0.1:0', '--anonymous', 'read'], {
    ...user,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr!.on('data', chunk => {
    stderr += chunk;
  });
  const ended = once(child, 'exit').then(([code]) => [code, stderr]);
  const lines = await Promise.race([
    once(child.stdout!, 'data').then(String),
    ended.then(([code, said]) => Promise.reject(new Error(`it ended with ${code}: ${said}`))),
  ]);
  return { child, url: /^serving {2}(\S+)/m.exec(lines)![1]!, ended };
}

/** Checks that real traffic is served, in both directions of NAT. */
async function expectTraffic(url: string): Promise<void> {
  const answer = await fetch(`${url}/conntrack?proto=tcp&state=ESTABLISHED&nat=src`);
  const { items } = (await answer.json()) as { items: { original: { src: string }; reply: { dst: string } }[] };
  expect(items.length).toBeGreaterThan(2);
  for (const { original, reply } of items) expect(reply.dst).not.toBe(original.src);
}

/** Processes whose command line contains a text. */
const running = (text: string): string[] =>
  readdirSync('/proc').filter(pid => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(text);
    } catch {
      return false;
    }
  });

/** Skips the test unless it runs as the host's root, who can become an ordinary user that may read this file. */
function asNobody(context: TestContext): void {
  const root =
    process.getuid?.() === 0 && /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
  if (!root) context.skip('only root can become another user');
  const probe = `require('node:fs').accessSync(${JSON.stringify(BINARY)})`;
  if (spawnSync(process.execPath, ['-e', probe], NOBODY).status !== 0)
    context.skip('an ordinary user may not read this folder');
  if (spawnSync('unshare', ['-Ur', 'unshare', '-n', 'true'], NOBODY).status !== 0)
    context.skip('user namespaces are not allowed here');
}

describe('serve --demo', () => {
  it('serve --demo serves real traffic behind NAT until Ctrl-C, with code 0', async context => {
    const unavailable = labAvailable();
    if (unavailable !== undefined) context.skip(unavailable);
    const { child, url, ended } = await demo();
    await expectTraffic(url);
    child.kill('SIGINT');
    expect(await ended).toEqual([0, '']);
  });

  it('serve --demo works without privileges in a user namespace', async context => {
    asNobody(context);
    const { child, url, ended } = await demo(NOBODY);
    await expectTraffic(url);
    child.kill('SIGINT');
    expect(await ended).toEqual([0, '']);
  });

  it('serve --demo leaves nothing behind when it is killed', async context => {
    asNobody(context);
    const { child, url, ended } = await demo(NOBODY);
    const inside = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
    expect(running('--demo')).toContain(inside);
    child.kill('SIGKILL');
    await ended;
    await expect.poll(() => existsSync(`/proc/${inside}`)).toBe(false);
    expect(running('--demo')).not.toContain(inside);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('serve --demo has its own table and rejects --source', () => {
    const { status, stderr } = spawnSync(process.execPath, [BINARY, 'serve', '--demo', '--source', 'procfs'], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([2, expect.stringContaining('the demo has its own table')]);
  });
});
