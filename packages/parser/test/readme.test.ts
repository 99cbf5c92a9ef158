import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it, vi } from 'vitest';
import manifest from '../package.json' with { type: 'json' };

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const programs = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(match => match[1]!);

/** Runs a program of the README and returns what it printed. */
async function run(program: string): Promise<string[]> {
  const { outputFiles } = await build({
    stdin: { contents: program, loader: 'ts', resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    alias: Object.fromEntries(
      Object.entries(manifest.exports).map(([entry, { '@conntrack/source': source }]) => [
        `@conntrack/parser${entry.slice(1)}`,
        fileURLToPath(new URL(`../${source}`, import.meta.url)),
      ]),
    ),
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
  return printed;
}

describe('README', () => {
  it.each(programs)('program %# of the README prints what it says', async program => {
    const expected = [...program.matchAll(/(?:^|; )\/\/ (.*)$/gm)].map(match => match[1]!);
    expect(expected.length).toBeGreaterThan(0);
    expect(await run(program)).toEqual(expected);
  });
});
