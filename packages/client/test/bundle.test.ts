import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('the client bundle for web pages is small, and contains neither zod nor Hono nor a Node built-in', async () => {
  // Built for a browser: a Node built-in would make esbuild fail.
  const { outputFiles, metafile } = await build({
    entryPoints: [new URL('../src/index.ts', import.meta.url).pathname],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'conntrack',
    target: 'es2023',
    conditions: ['@conntrack/source'],
  });
  const code = outputFiles[0]!.text;
  const size = gzipSync(code, { level: 9 }).length;
  console.log(`client: ${code.length} bytes minified, ${size} gzipped`);
  expect(size).toBeLessThan(12_200);
  expect(Object.keys(metafile.inputs).filter(input => !/^(src|\.\.\/(filter|flow)\/src)\//.test(input))).toEqual([]);
  expect(code).not.toMatch(/\beval\b|new Function|\bprocess\.|\bBuffer\b|require\(|["'`]node:/);
});
