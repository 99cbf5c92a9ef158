import { build } from 'esbuild';
import { expect, it } from 'vitest';

it('the bundle for a browser contains no Node built-in and no eval', async () => {
  const { outputFiles } = await build({
    stdin: { contents: "export * from '@conntrack/index'", resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2023',
    platform: 'browser',
    conditions: ['@conntrack/source'],
  });
  expect(outputFiles[0]!.text).not.toMatch(/\beval\b|new Function|\bprocess\.|\bBuffer\b|require\(/);
});
