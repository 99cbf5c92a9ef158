import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { started } from './serving.js';

/** The client as a web page loads it: minified, for a browser. A Node built-in would make esbuild fail. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: "export * from '@conntrack/client'",
      resolveDir: import.meta.dirname,
      loader: 'ts',
    },
    bundle: true,
    minify: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'conntrack',
    target: 'es2023',
    conditions: ['@conntrack/source'],
  });
  return outputFiles[0]!.text;
}

test('the client bundle works with web globals only', async () => {
  const { url, adminToken } = await started();
  const code = await bundle();
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
