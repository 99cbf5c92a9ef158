import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it, vi } from 'vitest';
import { compileFilter } from '../src/compile.js';
import { parseExpression, parseFilter, parseQuery } from '../src/index.js';
import { printExpression } from '../src/print.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(match => match[1]!);

/** Runs a program of the README and returns what it printed. */
async function run(program: string): Promise<string[]> {
  const { outputFiles } = await build({
    stdin: { contents: program, loader: 'ts', resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2023',
    conditions: ['@conntrack/source'],
  });
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...parts) => void printed.push(parts.join(' ')));
  try {
    await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0]!.text).toString('base64')}`);
  } finally {
    log.mockRestore();
  }
  return printed.flatMap(text => text.split('\n'));
}

describe('README', () => {
  it.each(blocks('ts'))('program %# of the README prints what it says', async program => {
    const expected = [...program.matchAll(/\/\/ (.*)$/gm)].map(match => match[1]!);
    expect(expected.length).toBeGreaterThan(0);
    expect(await run(program)).toEqual(expected);
  });

  it.each(blocks('query').flatMap(block => block.trim().split('\n')))('the README’s query string %s is valid', text => {
    const { filter, warnings } = parseQuery(text);
    expect(warnings).toEqual([]);
    expect(parseFilter(text).filter).toEqual(filter);
    expect(parseExpression(printExpression(filter)).filter).toEqual(filter);
    expect(compileFilter(filter)).toBeTypeOf('function');
  });

  it.each(blocks('expression').flatMap(block => block.trim().split('\n')))(
    'the README’s expression %s is valid',
    text => {
      const { filter, warnings } = parseExpression(text);
      expect(warnings).toEqual([]);
      expect(parseFilter(text).filter).toEqual(filter);
    },
  );

  it('the README has examples of each kind', () => {
    expect([blocks('ts').length, blocks('query').length, blocks('expression').length]).toEqual([5, 1, 1]);
  });
});
