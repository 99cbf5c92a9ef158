import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Format, type Platform } from 'esbuild';
import { afterAll, expect, test } from 'vitest';
import { entriesOf, installed, NAMES } from './install.js';

const folder = installed(NAMES);
afterAll(() => rmSync(folder, { recursive: true }));

const run = (...command: string[]): string =>
  execFileSync(process.execPath, command, { cwd: folder, encoding: 'utf8' });

async function bundle(name: string, contents: string, format: Format, platform: Platform): Promise<string> {
  const outfile = join(folder, name);
  await build({
    stdin: { contents, resolveDir: folder },
    ...{ outfile, format, platform, bundle: true, logLevel: 'error' },
    // What a bundler says about import.meta in CommonJS.
    logOverride: { 'empty-import-meta': 'silent' },
  });
  return outfile;
}

/** The packages for browsers, workers and edge runtimes. */
const PURE = ['flow', 'parser', 'filter', 'index', 'client'];

test('the packages without Node bundle for a browser, and the bundle filters a capture', async () => {
  const program = `
    import { parseQuery } from '@conntrack/filter';
    import { flowMatcher } from '@conntrack/filter/match';
    import { parseLine } from '@conntrack/parser';
    import { ConntrackClient } from '@conntrack/client';
    import { FlowIndex } from '@conntrack/index';
    const flow = parseLine('tcp 6 100 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=1 dport=443 src=10.0.0.2 dst=10.0.0.1 sport=443 dport=1 [ASSURED] mark=0 use=1');
    console.log(flowMatcher(parseQuery('dport=443').filter)(flow), typeof ConntrackClient, typeof FlowIndex);`;
  const file = await bundle('browser.mjs', program, 'esm', 'browser');
  expect(run(file)).toBe('true function function\n');
});

test.each(PURE.flatMap(name => entriesOf(folder, name)).filter(entry => !entry.endsWith('/node')))(
  '%s bundles for a browser without a module of Node',
  async entry => {
    await expect(bundle('entry.mjs', `export * from '${entry}'`, 'esm', 'browser')).resolves.toBeDefined();
  },
);

test.each(['esm', 'cjs'] as const)('netlink in one file as %s finds its addon, and opens a socket', async format => {
  const program = `
    import { Conntrack } from '@conntrack/netlink';
    try { Conntrack.open().close(); console.log('opened'); } catch (error) { console.log(error.code); }`;
  const file = await bundle(format === 'esm' ? 'netlink.mjs' : 'netlink.cjs', program, format, 'node');
  expect(run(file)).toMatch(/^(opened|EPROTONOSUPPORT)\n$/);
});

test('every package can be required in CommonJS', () => {
  const names = NAMES.filter(name => name !== 'cli').map(name => `@conntrack/${name}`);
  writeFileSync(
    join(folder, 'program.cjs'),
    `for (const name of ${JSON.stringify(names)}) require(name); console.log('all');`,
  );
  expect(run('--disable-warning=ExperimentalWarning', 'program.cjs')).toBe('all\n');
});
