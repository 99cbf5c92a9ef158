import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERBS } from '../src/grammar/names.js';
import { DEFINITIONS } from '../src/grammar/verbs/index.js';
import { manPages } from '../src/man/pages.js';

const pages = manPages('1.2.3');
const folder = mkdtempSync(join(tmpdir(), 'ctctl-man-'));
beforeAll(() => {
  for (const [name, text] of pages) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('man pages', () => {
  it('the package ships a page for the program and for each verb', () => {
    const { man } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { man: string[] };
    expect(man).toEqual([...pages.keys()].map(name => `./dist/man/${name}`));
    expect([...pages.keys()]).toEqual(['ctctl.1', ...VERBS.map(verb => `ctctl-${verb}.1`)]);
    for (const file of man) expect(existsSync(new URL(`../${file}`, import.meta.url)), file).toBe(true);
  });

  it.skipIf(!existsSync('/usr/bin/man')).each([...pages.keys()])('man shows %s without a warning', name => {
    const { status, stdout, stderr } = spawnSync(
      'man',
      ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', join(folder, name)],
      {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, MANWIDTH: '80', MANROFFSEQ: '', LANG: 'C.UTF-8', MAN_KEEP_FORMATTING: '' },
      },
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^CTCTL/);
  });

  it.skipIf(!existsSync('/usr/bin/mandoc')).each([...pages.keys()])('mandoc finds no error in %s', name => {
    const { stdout } = spawnSync('mandoc', ['-T', 'lint', '-W', 'error', join(folder, name)], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  it('a page has summary, options and examples as they are typed', () => {
    const text = pages.get('ctctl-list.1')!;
    for (const example of DEFINITIONS.list.examples)
      expect(text.replaceAll('\\-', '-').replaceAll('\\e', '\\').replaceAll('\\&', '')).toContain(example);
    expect(text).toContain('.B \\-\\-sort <fields>');
    expect(text).toContain('.SH FILTERS, AS IN CONNTRACK(8)');
    expect(pages.get('ctctl.1')).toContain('.BR ctctl\\-list (1),');
  });
});
