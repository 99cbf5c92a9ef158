import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resting } from '../../conntrack8/test/processes.js';
import type { VerbName } from '../src/grammar/names.js';
import { SAMPLE } from '../src/sample.js';

const BINARY = fileURLToPath(new URL('../dist/ctctl.cjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ctctl-'));
const large = join(folder, 'large.txt');
const LARGE = 60_000;
const SAMPLED = ['--source', `memory:${SAMPLE}`];

beforeAll(() => {
  if (!existsSync(BINARY)) throw new Error('dist/ctctl.cjs is missing: build the package first');
  const line = (i: number): string => {
    const [a, b] = [`192.0.2.${i % 250}`, `198.51.100.${(i >> 8) % 250}`];
    const ports = `sport=${1024 + (i % 60_000)} dport=443`;
    const back = `src=${b} dst=${a} sport=443 dport=${1024 + (i % 60_000)}`;
    return `tcp      6 431999 ESTABLISHED src=${a} dst=${b} ${ports} packets=10 bytes=1000 ${back} packets=8 bytes=4000 [ASSURED] mark=0 use=1\n`;
  };
  writeFileSync(large, Array.from({ length: LARGE }, (_, i) => line(i)).join(''));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the program, far from its own files. */
const ctctl = (...argv: string[]) => spawnSync(process.execPath, [BINARY, ...argv], { encoding: 'utf8', cwd: folder });

/** The running program, with its output so far. */
function running(...argv: string[]): { child: ChildProcessWithoutNullStreams; said: { stderr: string } } {
  const child = spawn(process.execPath, [BINARY, ...argv]);
  const said = { stderr: '' };
  child.stderr.on('data', chunk => {
    said.stderr += chunk;
  });
  return { child, said };
}

/** How far a process has read a file. */
function positionIn(file: string, pid: number): number {
  const fd = readdirSync(`/proc/${pid}/fd`).find(name => readlinkSync(`/proc/${pid}/fd/${name}`) === file);
  return Number(/^pos:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))![1]);
}

/** For each verb, arguments with which it runs and ends, without a privilege. */
const ARGUMENTS: Readonly<Record<Exclude<VerbName, 'serve'>, readonly string[]>> = {
  list: SAMPLED,
  get: ['ct1.AQAAAgbAqAEKXbjYIsgiAbvK_rq-', ...SAMPLED],
  lookup: ['203.0.113.7:1', ...SAMPLED],
  count: SAMPLED,
  top: SAMPLED,
  create: ['-p', 'udp', '-s', '10.0.0.1', '-d', '10.0.0.2', '--sport', '1', '--dport', '2', ...SAMPLED],
  update: ['proto=gre', '--mark', '1', ...SAMPLED],
  delete: ['proto=gre', ...SAMPLED],
  drain: ['proto=gre', '--within', '5', ...SAMPLED],
  reconcile: ['--scope', 'proto=gre', '--keep-filter', 'mark=1', ...SAMPLED],
  flush: ['--yes', ...SAMPLED],
  watch: ['proto=nothing', ...SAMPLED],
  explain: ['list'],
  fields: ['dport'],
  stats: SAMPLED,
  doctor: SAMPLED,
  snapshot: SAMPLED,
  restore: ['/nothing', ...SAMPLED],
  convert: [SAMPLE, '--to', 'ndjson'],
  fleet: ['status', '--fleet-file', '/nothing'],
  token: ['controller'],
  config: ['use-context', 'list'],
  history: ['--since', '1h', '--dir', '/nothing'],
  completion: ['bash'],
};

describe('the program', () => {
  it.each(Object.entries(ARGUMENTS))('%s runs in the built program', (verb, words) => {
    const { status, stderr } = ctctl(verb, ...words);
    expect(stderr).not.toMatch(/Cannot find|ERR_MODULE|\n\s+at /);
    expect([0, 1, 2, 3]).toContain(status);
  });
  it.each([
    ['list', 'src=10.0.0.5/8', '-o', 'csv'],
    ['get', 'ct1.AQAAAgbAqAEKXbjYIsgiAbvK_rq-'],
    ['lookup', '203.0.113.7:1'],
    ['count', 'proto=tcp'],
  ])('what the program for plain verbs leaves out, the program with all verbs does, and says once: %s', (...words) => {
    const config = join(folder, 'contexts.yaml');
    writeFileSync(config, `contexts: { away: { server: 'unix:${join(folder, 'nobody')}' } }\ncurrentContext: away\n`);
    const run = (...more: string[]) =>
      spawnSync(process.execPath, [BINARY, ...words, ...more], {
        encoding: 'utf8',
        env: { ...process.env, CTCTL_CLIENT_CONFIG: config },
      });
    // An option for a server is seen before a program is chosen. The current context is not.
    const { status, stdout, stderr } = run('--context', 'away');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(join(folder, 'nobody'));
    expect(run()).toMatchObject({ status, stdout, stderr });
  });

  it("a copy of the program's file says what is missing, under any name", () => {
    for (const name of ['conntrack', 'ctctl']) {
      const copy = join(folder, name);
      copyFileSync(BINARY, copy);
      for (const argv of [['-L'], ['--version'], ['list']]) {
        const { status, stdout, stderr } = spawnSync(process.execPath, [copy, ...argv], { encoding: 'utf8' });
        expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
        expect(stderr).toMatch(/^\w+: .* is a copy of one file of @conntrack\/cli.* Make a symbolic link .*\n$/);
      }
    }
  });

  it('the program exits with 0, 1, 2 or 3', () => {
    expect(ctctl('count', '--source', `memory:${SAMPLE}`)).toMatchObject({ status: 0, stdout: '68\n', stderr: '' });
    expect(ctctl('delete', 'proto=tcp', '--max-affected', '1', '--source', `memory:${SAMPLE}`).status).toBe(1);
    expect(ctctl('list', 'dprot=443', '--source', `file:${SAMPLE}`)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining("^~~~~  unknown field 'dprot'"),
    });
    expect(ctctl('delete', 'mark=77', '--source', `memory:${SAMPLE}`).status).toBe(3);
  });

  it('the program lists a large capture completely', () => {
    const { status, stdout } = spawnSync(
      'sh',
      ['-c', `"${process.execPath}" "${BINARY}" list --source "file:${large}" | cmp - "${large}"`],
      {
        encoding: 'utf8',
      },
    );
    expect([status, stdout]).toEqual([0, '']);
  });

  it('the program exits quietly with code 0 when its reader goes away', () => {
    const script = `"${process.execPath}" "${BINARY}" list -o json --source "file:${large}" | head -2; exit \${PIPESTATUS[0]}`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\[\n\{.*\},\n$/);
  });

  it('the program waits for a slow reader, and ends at once on Ctrl-C with code 130 and without a stack', async () => {
    const { child, said } = running('list', '--source', `file:${large}`);
    await once(child.stdout, 'readable');
    await resting(child.pid!);
    // Much less of the capture is read than there is: the pipe, the streams' buffers and a batch.
    const read = positionIn(large, child.pid!);
    child.kill('SIGINT');
    // Nobody reads the remaining output, and the program still ends.
    const [code] = await once(child, 'exit');
    expect([code, said.stderr]).toEqual([130, '']);
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(statSync(large).size / 2);
  });

  it('serve runs until Ctrl-C, even if it comes twice, and exits with code 0 without an error', async () => {
    for (const signals of [['SIGINT', 'SIGINT'], ['SIGTERM']] as const) {
      const { child, said } = running(
        'serve',
        '--listen',
        '127.0.0.1:0',
        '--source',
        `memory:${SAMPLE}`,
        '--anonymous',
        'read',
      );
      const [lines] = await once(child.stdout, 'data');
      const url = /^serving {2}(\S+)/m.exec(String(lines))![1]!;
      expect(await (await fetch(`${url}/conntrack/count`)).json()).toMatchObject({ count: 68 });
      for (const signal of signals) child.kill(signal);
      const [code] = await once(child, 'exit');
      expect([code, said.stderr]).toEqual([0, '']);
    }
  });
});
