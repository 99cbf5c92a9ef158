import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };

const source = (entry: string): string =>
  fileURLToPath(
    new URL(
      `../${Object.entries(manifest.exports).find(([name]) => name === entry)![1]['@conntrack/source']}`,
      import.meta.url,
    ),
  );

/** Bundles an entry point with everything that it uses, minified, for a browser. A Node built-in would make esbuild fail. */
async function bundle(entry: string): Promise<{ code: string; inputs: string[] }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [source(entry)],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2023',
    conditions: ['@conntrack/source'],
  });
  return { code: outputFiles[0]!.text, inputs: Object.keys(metafile.inputs) };
}

/** The entry points, and the maximum size of each alone, in bytes. */
const ENTRIES = {
  '.': 12_000,
  './all': 17_750,
  './capture': 22_900,
  './expectations': 10_700,
  './format': 8_050,
  './presets': 8_550,
  './stats': 1_800,
};

describe('in a browser', () => {
  it('every entry point of the parser has a size limit', () => {
    expect(Object.keys(ENTRIES)).toEqual(Object.keys(manifest.exports));
  });

  it('the README names the size limits', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const rows = [...readme.matchAll(/^\| `@conntrack\/parser(\/\w+)?` \|.*\| ([\d.]+) kB \|$/gm)];
    const named = rows.map(([, path = '', kB]) => [`.${path}`, Math.round(Number(kB) * 1000)]);
    expect(Object.fromEntries(named)).toEqual(ENTRIES);
  });

  it.each(Object.entries(ENTRIES))(
    'the entry point %s is at most %i bytes, minified and gzipped, with what it uses of @conntrack/flow',
    async (entry, limit) => {
      const { code } = await bundle(entry);
      expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(limit);
    },
  );

  it('the parser imports only its own source and @conntrack/flow', async () => {
    for (const entry of Object.keys(ENTRIES)) {
      const { inputs } = await bundle(entry);
      const foreign = inputs.filter(
        input => !/(?:^|\/)src\/[\w/-]+\.ts$/.test(input) || input.includes('node_modules'),
      );
      expect(foreign).toEqual([]);
    }
    expect(Object.keys(manifest.dependencies)).toEqual(['@conntrack/flow']);
  });

  it('the parser needs only the globals of the web', async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `export { parseText, parseLine } from '${source('./all')}'; export { formatFlow } from '${source('./format')}';`,
        resolveDir: import.meta.dirname,
      },
      bundle: true,
      write: false,
      format: 'iife',
      globalName: 'parser',
      conditions: ['@conntrack/source'],
    });
    const context = createContext({ TextDecoder, TextEncoder });
    const line =
      'udp      17 29 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 mark=0 use=1';
    const script = `${outputFiles[0]!.text};const [flow] = parser.parseText(${JSON.stringify(line)});
      [parser.formatFlow(flow, { format: 'conntrack' }), parser.parseLine(parser.formatFlow(flow, { format: 'xml' })).original.dport]`;
    expect(JSON.stringify(runInContext(script, context))).toBe(JSON.stringify([line, 2]));
  });
});
