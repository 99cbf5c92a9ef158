import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { started } from './serving.js';

/** The client as a page loads it: minified, for a browser. A Node built-in in it would make esbuild fail. */
async function bundle(): Promise<{ code: string; inputs: string[] }> {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: "export * from '@conntrack/api/client'",
      resolveDir: import.meta.dirname,
      loader: 'ts',
    },
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
  return { code: outputFiles[0]!.text, inputs: Object.keys(metafile.inputs) };
}

test('is small, and brings neither zod nor Hono nor a Node built-in', async () => {
  const { code, inputs } = await bundle();
  const size = gzipSync(code, { level: 9 }).length;
  console.log(`client: ${code.length} bytes minified, ${size} gzipped`);
  expect(size).toBeLessThan(11_000);
  expect(inputs.filter(input => /node_modules|node:|\/(netlink|table|parser)\//.test(input))).toEqual([]);
  expect(code).not.toMatch(/\beval\b|new Function|\bprocess\.|\bBuffer\b|require\(|node:/);
});

test('works with the globals of the web alone', async () => {
  const { url, adminToken } = await started();
  const { code } = await bundle();
  const context = createContext({
    AbortController,
    AbortSignal,
    fetch,
    Headers,
    TextDecoder,
    URL,
    setTimeout,
    clearTimeout,
    options: { url, token: adminToken },
  });
  const script = `${code};(async () => {
    const client = new conntrack.ConntrackClient(options);
    const keys = [];
    for await (const flow of client.list('proto=tcp', { limit: 2 })) keys.push(flow.protocol);
    const failure = await client.count('nope=1').catch(error => error.code);
    return JSON.stringify([keys, failure]);
  })()`;
  expect(await runInContext(script, context)).toBe('[["tcp","tcp"],"filter-invalid"]');
});
