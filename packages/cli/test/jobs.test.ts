// Runs the commands of the job pages of the documentation against the demo: each must print something and succeed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { labAvailable } from '@conntrack/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const BINARY = fileURLToPath(new URL('../dist/ctctl.cjs', import.meta.url));
const PAGES = fileURLToPath(new URL('../../../apps/docs/jobs/', import.meta.url));
/** Milliseconds in which the demo makes its entries again. */
const PATIENCE = 40_000;
const TOKEN = 'a-token-for-the-jobs';
const MOST_COMMANDS = 3;

/** One job of a page: its heading and its commands. */
interface Job {
  page: string;
  title: string;
  commands: readonly string[];
}

const jobsOf = (page: string): Job[] =>
  readFileSync(join(PAGES, page), 'utf8')
    .split(/^## /m)
    .slice(1)
    .map(section => ({
      page,
      title: section.split('\n', 1)[0]!,
      commands: [...section.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block]) => block!.trim().split('\n')),
    }));

const JOBS = readdirSync(PAGES)
  .filter(name => name.endsWith('.md') && name !== 'index.md')
  .flatMap(jobsOf);

/** The anchor of a heading, as the documentation makes it. */
const anchor = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .trim()
    .replaceAll(/\s+/g, '-');

describe('the job pages', () => {
  it('every job has one to three commands, and the overview links to each', () => {
    const overview = readFileSync(join(PAGES, 'index.md'), 'utf8');
    expect(JOBS.length).toBeGreaterThanOrEqual(20);
    for (const { page, title, commands } of JOBS) {
      expect(commands.length, title).toBeGreaterThan(0);
      expect(commands.length, title).toBeLessThanOrEqual(MOST_COMMANDS);
      expect(overview).toContain(`(/jobs/${page.replace('.md', '')}#${anchor(title)})`);
    }
  });
});

const unavailable = labAvailable();

describe.skipIf(unavailable)(`jobs on the demo${unavailable ? ` (${unavailable})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'ctctl-jobs-'));
  let demo: ChildProcess;
  let env: NodeJS.ProcessEnv;

  /** Runs a command as a shell would, in the folder of the jobs. */
  async function run(command: string): Promise<{ code: number; output: string }> {
    const child = spawn('sh', ['-c', command], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', text => {
        output += text;
      });
    const [code] = await once(child, 'close');
    return { code, output };
  }

  beforeAll(async () => {
    const program = join(folder, 'ctctl');
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${BINARY}' "$@"\n`);
    chmodSync(program, 0o755);
    const argv = ['serve', '--demo', '--listen', '127.0.0.1:0', '--token', TOKEN];
    demo = spawn(process.execPath, [BINARY, ...argv], { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    for await (const piece of demo.stdout!.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      text += piece;
      if (/^serving {2}\S+/m.test(text)) break;
    }
    const url = /^serving {2}(\S+)/m.exec(text)![1]!;
    env = {
      PATH: `${folder}:${process.env.PATH}`,
      HOME: folder,
      LANG: 'C.UTF-8',
      CTCTL_SERVER: url,
      CTCTL_TOKEN: TOKEN,
    };
    const { output } = await run('ctctl list -o extended > bundle.txt');
    expect(output).toBe('');
  }, 60_000);
  afterAll(async () => {
    const ended = once(demo, 'exit');
    demo.kill('SIGINT');
    await ended;
    rmSync(folder, { recursive: true });
  });

  it.each(JOBS.map(({ title, commands }) => [title, commands] as const))(
    'the commands of "%s" succeed and print something',
    async (_, commands) => {
      let printed = '';
      for (const command of commands) {
        let answer = await run(command);
        // The demo makes entries that ended again, after some seconds.
        const isEmpty = () => !/ > \S+$/.test(command) && answer.output.trim() === '';
        for (const end = performance.now() + PATIENCE; isEmpty() && performance.now() < end; )
          answer = await run(command);
        printed += `$ ${command}\n${answer.output}`;
        expect(answer.code, printed).toBe(0);
        expect(isEmpty(), command).toBe(false);
      }
      if (process.env.PRINT_JOBS) console.log(printed);
    },
    120_000,
  );
});
