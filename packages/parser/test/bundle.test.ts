import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const entry = (name: string): string => fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url));

/** The entry and all that it uses, minified, for a browser: a Node built-in in it would make esbuild fail. */
async function bundle(name: string): Promise<{ code: string; inputs: string[] }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry(name)],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'parser',
    target: 'es2023',
    conditions: ['@conntrack/source'],
  });
  return { code: outputFiles[0]!.text, inputs: Object.keys(metafile.inputs) };
}

describe('in a browser', () => {
  it.each([
    ['line-formats', 12_000],
    ['index', 21_000],
  ])('%s is at most %i bytes, minified and gzipped, with what it uses of @conntrack/flow', async (name, limit) => {
    const { code } = await bundle(name);
    expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(limit);
  });

  it('uses nothing but its own source and @conntrack/flow', async () => {
    const { inputs } = await bundle('index');
    expect(inputs.filter(input => !/(?:^|\/)src\/[\w-]+\.ts$/.test(input) || input.includes('node_modules'))).toEqual(
      [],
    );
    const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    expect(Object.keys(dependencies)).toEqual(['@conntrack/flow']);
  });

  it('reads and writes with the globals of the web alone', async () => {
    const { code } = await bundle('index');
    const context = createContext({ TextDecoder, TextEncoder });
    const line =
      'udp      17 29 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 mark=0 use=1';
    const script = `${code};const [flow] = parser.parseText(${JSON.stringify(line)});
      [parser.formatFlow(flow, { format: 'conntrack' }), parser.parseLine(parser.formatFlow(flow, { format: 'xml' })).original.dport]`;
    expect(JSON.stringify(runInContext(script, context))).toBe(JSON.stringify([line, 2]));
  });
});
