import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERBS } from '../src/grammar/names.js';
import { ctctl } from './ctctl.js';
import { BINARY } from './pty.js';

const folder = mkdtempSync(join(tmpdir(), 'ctctl-completion-'));
const env = { CTCTL_CLIENT_CONFIG: join(folder, 'config.yaml') };
beforeAll(() => {
  writeFileSync(env.CTCTL_CLIENT_CONFIG, 'contexts: {edge: {server: "unix:/a"}, core: {server: "unix:/b"}}\n');
  mkdirSync(join(folder, 'bin'));
  symlinkSync(BINARY, join(folder, 'bin', 'ctctl'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The candidates of the last word, without what they mean. */
const answers = async (...words: string[]): Promise<string[]> => {
  const { code, stdout, stderr } = await ctctl(['__complete', ...words], { env });
  expect([code, stderr]).toEqual([0, '']);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map(line => line.split('\t')[0]!);
};

describe('what can stand at the cursor', () => {
  it('verbs are completed, each with its summary', async () => {
    expect(await answers('')).toEqual([...VERBS]);
    expect(await answers('l')).toEqual(['list', 'lookup']);
    expect((await ctctl(['__complete', 'lis'])).stdout).toBe('list\tList the entries that match a filter\n');
    expect(await answers('--context', 'edge', 'cou')).toEqual(['count']);
  });

  it('options are completed', async () => {
    expect(await answers('list', '--so')).toEqual(['--source', '--sort']);
    expect(await answers('--net')).toEqual(['--netns']);
    expect(await answers('delete', '--max')).toEqual(['--max-per-node', '--max-affected']);
  });

  it('values of options are completed', async () => {
    expect(await answers('list', '-o', 't')).toEqual(['table', 'text']);
    expect(await answers('list', '--output=wi')).toEqual(['--output=wide']);
    expect(await answers('get', '--output', 'bl')).toEqual(['block']);
    expect(await answers('list', '--fields', 'src,dpo')).toEqual(['src,dport']);
    expect(await answers('list', '--context', '')).toEqual(['local', 'edge', 'core']);
    expect(await answers('--context', 'e')).toEqual(['edge']);
    expect(await answers('list', '-p', 'udp')).toEqual(['udp', 'udplite']);
    expect(await answers('list', '--state', 'EST')).toEqual(['ESTABLISHED']);
    expect(await answers('count', '--by', 'dpo')).toEqual(['dport']);
    expect(await answers('list', '--source', 'ker')).toEqual(['kernel']);
    expect(await answers('watch', '--events', 'new,d')).toEqual(['new,destroy']);
  });

  it('files are left to the shell', async () => {
    expect(await answers('list', '--token-file', '')).toEqual([':files']);
    expect(await answers('list', '--source', 'file:')).toEqual([':files']);
    expect(await answers('restore', '')).toEqual([':files']);
  });

  it('fields and values of filters are completed', async () => {
    expect(await answers('list', 'dpo')).toEqual(['dport=']);
    expect(await answers('list', 'proto=tcp', 'state=ESTA')).toEqual(['state=ESTABLISHED']);
    expect(await answers('delete', 'state=SYN_SENT,TIME')).toEqual(['state=SYN_SENT,TIME_WAIT']);
    expect(await answers('count', 'unrep')).toEqual(['unreplied']);
    expect(await answers('fields', 'reply.d')).toEqual(['reply.dst', 'reply.dport']);
  });

  it('words of config and completion are completed', async () => {
    expect(await answers('config', 'use')).toEqual(['use-context']);
    expect(await answers('config', 'use-context', '')).toEqual(['local', 'edge', 'core']);
    expect(await answers('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  });

  it('nothing is completed where nothing is known, and never an error', async () => {
    for (const words of [[], ['nonsense', ''], ['get', 'ct1.'], ['list', '--nonsense=x'], ['list', '--limit', '']])
      await answers(...words);
  });

  it('another shell is an error that lists the shells', async () => {
    const { code, stderr } = await ctctl(['completion', 'csh']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('Shells: bash, zsh, fish')]);
  });
});

describe('the scripts in the real shells', () => {
  const inShell = (shell: string, argv: readonly string[], script: string): string => {
    const path = `${join(folder, 'bin')}:${process.env.PATH}`;
    const { stdout, stderr } = spawnSync(shell, [...argv, script], {
      encoding: 'utf8',
      env: { PATH: path, HOME: folder, TERM: 'dumb', ...env },
      timeout: 60_000,
    });
    expect(stderr).toBe('');
    return stdout;
  };
  /** What bash would offer at the end of a line. */
  const bash = (line: string): string[] =>
    inShell(
      'bash',
      ['--norc', '-c'],
      `source <(ctctl completion bash); COMP_LINE=${JSON.stringify(line)}; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=(ctctl); _ctctl; printf '%s\\n' "\${COMPREPLY[@]}"`,
    )
      .trim()
      .split('\n');

  it('bash completes words, and replaces only what follows = in a word', () => {
    expect(bash('ctctl loo')).toEqual(['lookup']);
    expect(bash('ctctl list --so')).toEqual(['--source', '--sort']);
    expect(bash('ctctl list proto=tcp state=ESTA')).toEqual(['ESTABLISHED']);
    expect(bash('ctctl --context ')).toEqual(['local', 'edge', 'core']);
  });

  it('bash completes on a terminal when Tab is pressed', () => {
    const type = `source <(ctctl completion bash)\nctctl explain prot\ttc\t -o json\nexit\n`;
    const { stdout } = spawnSync('script', ['-qec', 'bash --norc -i', '/dev/null'], {
      encoding: 'utf8',
      input: type,
      env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, HOME: folder, TERM: 'dumb', ...env },
      timeout: 60_000,
    });
    expect(stdout).toContain('"query":"proto=tcp"');
  });

  it.skipIf(!existsSync('/usr/bin/zsh'))('zsh loads its script, and asks for the words before the cursor', () => {
    const script = `autoload -Uz compinit; compinit -u -d ${folder}/dump; source <(ctctl completion zsh); compadd() { print -rl -- "$@"; }; words=(ctctl list proto=tcp state=ESTA); CURRENT=4; _ctctl`;
    expect(inShell('zsh', ['-f', '-c'], script)).toContain('state=ESTABLISHED\n');
  });

  it.skipIf(!existsSync('/usr/bin/fish'))('fish completes words', () => {
    const script = 'ctctl completion fish | source; complete -C "ctctl list proto=tcp state=ESTA"';
    expect(inShell('fish', ['-N', '-c'], script)).toMatch(/^state=ESTABLISHED/m);
    expect(inShell('fish', ['-N', '-c'], 'ctctl completion fish | source; complete -C "ctctl loo"')).toMatch(
      /^lookup\t/m,
    );
  });
});
