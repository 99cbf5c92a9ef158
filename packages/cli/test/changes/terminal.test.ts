// Questions, progress and Ctrl-C on a real terminal, with a kernel's table: local, and of a server.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNatLab, labAvailable, type NatLab } from '@conntrack/lab';
import { type ConntrackTable, openTable } from '@conntrack/table';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BINARY, Typist } from '../pty.js';

const unavailable = labAvailable();
const MANY = 60_000;
/** More entries, so that a change of them takes long enough to be interrupted. */
const VERY_MANY = 200_000;
const FEW = 12;
/** Number of attempts: a change may end before the key arrives. */
const TRIES = 5;

function* lines(count: number): Generator<string> {
  for (let i = 0; i < count; i++) {
    const [src, dst] = [`192.0.2.${i % 250}`, `198.51.100.${Math.floor(i / 250) % 250}`];
    const port = 1024 + Math.floor(i / 62_500);
    yield `udp      17 600 src=${src} dst=${dst} sport=${port} dport=53 src=${dst} dst=${src} sport=53 dport=${port} mark=4242 use=1\n`;
  }
}

/** Removes the control sequences of a terminal. */
const plain = (text: string): string => text.replaceAll(/\u001b\[[\d;?]*[a-zA-Z]/g, '');

describe.skipIf(unavailable !== undefined)('on a terminal', () => {
  let lab: NatLab;
  let table: ConntrackTable;
  let folder: string;
  let socket: string;
  let server: ChildProcess;
  const token = 'a-token-for-everything-here';
  beforeAll(async () => {
    lab = await createNatLab();
    table = await openTable('kernel', { netns: lab.router.path });
    folder = mkdtempSync(join(tmpdir(), 'ctctl-terminal-'));
    socket = join(folder, 's');
    server = spawn(process.execPath, [BINARY, 'serve', '--netns', lab.router.path, '--listen', `unix:${socket}`], {
      env: { ...process.env, CTCTL_TOKEN: token },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(server.stdout!, 'data');
  });
  afterAll(async () => {
    server?.kill();
    table?.close();
    await lab?.close();
    if (folder) rmSync(folder, { recursive: true });
  });
  afterEach(() => table.flush({ all: true }));

  const local = () => ['--netns', lab.router.path];
  const remote = () => ['--server', `unix:${socket}`];
  const env = { CTCTL_TOKEN: token };
  const count = async (): Promise<number> => (await table.capabilities()).count!;

  describe.each([
    ['a local table', local],
    ['a server', remote],
  ])('of %s', (_, where) => {
    beforeEach(() => table.restore(lines(FEW)));

    it('delete asks with a table that fits into 80 columns, and no is the default', async () => {
      const person = new Typist(['delete', 'mark=4242', ...where()], { env });
      await person.sees('[y/N]');
      person.type('\n');
      const { code, text } = await person.ended;
      expect([code, await count()]).toEqual([1, FEW]);
      expect(plain(text)).toMatch(/^PROTO +STATE +SOURCE +DESTINATION/m);
      expect(plain(text)).toMatch(/and 2 entries more\n12 entries: udp 12\nDelete 12 entries of kernel .*\? \[y\/N\] /);
      expect(text).toMatch(/nothing was deleted\n$/);
      for (const line of plain(text).split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    });

    it('delete deletes after yes', async () => {
      const person = new Typist(['delete', 'mark=4242', ...where()], { env });
      await person.sees('[y/N]');
      person.type('y\n');
      const { code, text } = await person.ended;
      expect([code, await count()]).toEqual([0, 0]);
      expect(text).toMatch(/12 entries deleted\n$/);
    });

    it.each([
      ['delete', ['delete', 'mark=4242'], 'deleted'],
      ['update', ['update', 'mark=4242', '--mark', '1'], 'updated'],
      ['drain', ['drain', 'mark=4242', '--within', '5s'], 'drained'],
      ['reconcile', ['reconcile', '--scope', 'mark=4242', '--keep-filter', 'src=192.0.2.1'], 'deleted'],
      ['flush', ['flush'], 'deleted'],
    ])('Ctrl-C at the question of %s changes nothing, with code 130', async (_verb, argv, done) => {
      const person = new Typist([...argv, ...where()], { env });
      await person.sees('[y/N]');
      person.type('\u0003');
      const { code, text } = await person.ended;
      expect([code, text]).toEqual([130, expect.stringContaining(`interrupted: nothing was ${done}\n`)]);
      expect(await table.count({ filter: (await import('@conntrack/filter')).parseQuery('mark=4242').filter })).toBe(
        FEW,
      );
    });

    it('the question of flush tells the number of entries', async () => {
      const person = new Typist(['flush', ...where()], { env });
      await person.sees('[y/N]');
      person.type('yes\n');
      const { code, text } = await person.ended;
      expect([code, await count()]).toEqual([0, 0]);
      expect(text).toMatch(/Delete all 12 entries of kernel .*\? \[y\/N\] /);
    });
  });

  /** Deletes many entries, and types Ctrl-C when the progress is visible. */
  async function interrupted(where: readonly string[]): Promise<string> {
    for (let left = TRIES; ; left--) {
      await table.restore(lines(VERY_MANY));
      const argv = ['delete', 'mark=4242', '--yes', '--max-affected', String(VERY_MANY), ...where];
      const person = new Typist(argv, { env });
      await person.sees(/deleting: [1-9][\d,]* of 200,000 entries \(\d+ %\), [\d,]+ entries\/s, \d+ s left/);
      person.type('\u0003');
      const { code, text } = await person.ended;
      if (code === 0 && left > 1) continue;
      expect(code).toBe(130);
      // The line with the progress was removed.
      return plain(text).split('\r').at(-1)!;
    }
  }

  it('Ctrl-C stops a long delete, and says what was done', async () => {
    const said = await interrupted(local());
    const [, deleted, left] = /interrupted: (\d+) of 200000 entries deleted, (\d+) not attempted\n$/.exec(said)!;
    expect(Number(deleted) + Number(left)).toBe(VERY_MANY);
    expect(await count()).toBe(Number(left));
  });

  it('Ctrl-C during a long delete on a server says that the server continues', async () => {
    const said = await interrupted(remote());
    const [, deleted, left] =
      /interrupted: (\d+) of 200000 entries deleted so far\. The server continues with the other (\d+)\n$/.exec(said)!;
    expect(Number(deleted) + Number(left)).toBe(VERY_MANY);
    await expect.poll(count, { timeout: 60_000 }).toBe(0);
  });

  it('restore and convert show how far they are, in bytes', async () => {
    const file = join(folder, 'many.txt');
    writeFileSync(file, [...lines(MANY)].join(''));
    const restoring = new Typist(['restore', file, ...local()]);
    await restoring.sees(/restoring: [\d.]+ of [\d.]+ MB \(\d+ %\)/);
    const { code, text } = await restoring.ended;
    expect([code, text]).toEqual([0, expect.stringMatching(/restoring: [\d.]+ of 8\.\d MB \(\d+ %\), [\d.]+ MB\/s/)]);
    expect(plain(text)).toMatch(/60000 entries created\n$/);
    await table.flush({ all: true });
  });

  it('nothing of a progress reaches a pipe', async () => {
    await table.restore(lines(MANY));
    const child = spawn(process.execPath, [BINARY, 'delete', 'mark=4242', '--max-affected', String(MANY), ...local()]);
    let text = '';
    child.stderr.on('data', chunk => {
      text += chunk;
    });
    expect([(await once(child, 'close'))[0], text]).toEqual([0, '60000 entries deleted\n']);
  });
});
