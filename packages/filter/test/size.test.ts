// What a page loads: each entry point bundled with everything that it uses of @conntrack/flow, minified by esbuild, and gzip -9.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };

const bundle = async (contents: string): Promise<string> => {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2023',
    platform: 'browser',
    conditions: ['@conntrack/source'],
  });
  return outputFiles[0]!.text;
};

/** Entry points, and the maximum size of each alone, in bytes: the language (parsing, faults, fields) may cost a page 15 kB. */
const ENTRIES = {
  '.': 14_980,
  './compile': 5_720,
  './complete': 8_370,
  './define': 3_100,
  './docs': 1_950,
  './events': 10_450,
  './explain': 6_280,
  // Contains both parsers.
  './hints': 17_980,
  './match': 8_100,
  './print': 4_570,
  './requirements': 5_050,
  './schema': 2_950,
  './services': 750,
};

const PARTS = [
  ['reading query strings', 'parseQuery', '', 14_580],
  ['reading query strings and evaluating', 'parseQuery', 'compileFilter', 16_800],
  ['reading and evaluating', 'parseFilter, parseQuery, parseExpression', 'compileFilter', 17_200],
] as const;

describe('size, minified and gzipped, with all that is used of @conntrack/flow', () => {
  const size = async (contents: string): Promise<number> => gzipSync(await bundle(contents), { level: 9 }).length;

  it('every entry point of the filter has a size limit', () => {
    expect(Object.keys(ENTRIES)).toEqual(Object.keys(manifest.exports));
  });
  it('the README names the size limits', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const rows = [...readme.matchAll(/^\| `@conntrack\/filter(\/\w+)?` \|.*\| ([\d.]+) kB \|$/gm)];
    const named = rows.map(([, path = '', kB]) => [`.${path}`, Math.round(Number(kB) * 1000)]);
    expect(Object.fromEntries(named)).toEqual(ENTRIES);
  });
  it.each(Object.entries(ENTRIES))('%s', async (entry, most) => {
    expect(await size(`export * from '@conntrack/filter${entry.slice(1)}'`)).toBeLessThanOrEqual(most);
  });
  it.each(PARTS)('%s', async (_, main, compile, most) => {
    const parts = `export { ${main} } from '@conntrack/filter'; export { ${compile} } from '@conntrack/filter/compile'`;
    expect(await size(parts)).toBeLessThanOrEqual(most);
  });
});

it('bundles for a browser contain no Node built-in and no eval', async () => {
  for (const entry of Object.keys(ENTRIES)) {
    const text = await bundle(`export * from '@conntrack/filter${entry.slice(1)}'`);
    expect(text).not.toMatch(/\beval\b|new Function|\bprocess\.|\bBuffer\b|require\(/);
  }
});
