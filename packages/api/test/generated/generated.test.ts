import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { serve } from '../../src/index.js';
import { tableOf, testApp } from '../support.js';
import type { Findings, Server } from './program.js';

// Clients that well-known generators make from the document are compiled, and used with a server.

const folder = fileURLToPath(new URL('.', import.meta.url));
const out = `${folder}out`;
const document = `${out}/openapi.json`;
const TOKEN = 'a-token-of-the-generated-clients';

const node = (...args: string[]): { status: number | null; output: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  return { status, output: stdout + stderr };
};

beforeAll(async () => {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  writeFileSync(document, await (await testApp().request('/openapi.json')).text());
  const { status, output } = node('generate.mjs', document, out);
  expect(status, output).toBe(0);
}, 600_000);

test('Spectral has no warning about the document', () => {
  expect(node('lint.mjs', document)).toEqual({ status: 0, output: '' });
}, 600_000);

test('generated clients and programs that use them compile under strict TypeScript', () => {
  const compiler = createRequire(import.meta.url).resolve('typescript/lib/tsc.js');
  const { status, output } = node(compiler, '-p', 'tsconfig.json');
  expect(output).toBe('');
  expect(status).toBe(0);
}, 600_000);

describe('a generated client lists, gets, creates, plans, deletes and streams', () => {
  test.each(['openapi-fetch', 'hey-api', 'orval'])(
    'the generated client of %s lists, gets, creates, plans, deletes and streams',
    async name => {
      await using server = await serve({
        table: tableOf(),
        listen: { address: '127.0.0.1:0' },
        adminToken: TOKEN,
        grace: 100,
      });
      const { run } = (await import(`./programs/${name}.ts`)) as { run(server: Server): Promise<Findings> };
      const findings = await run({ url: server.url, token: TOKEN });
      expect(findings.ports.length).toBeGreaterThan(0);
      for (const port of findings.ports) expect(port).toBeGreaterThanOrEqual(443);
      expect(findings).toMatchObject({
        created: { src: '192.0.2.10', mark: 7 },
        planned: 1,
        deleted: 1,
        missing: [404, 'not-found'],
      });
      const end = JSON.parse(findings.lines.at(-1)!) as { type: string; matched: number };
      expect(end).toMatchObject({ type: 'end', matched: findings.lines.length - 1 });
      for (const line of findings.lines.slice(0, -1)) expect(JSON.parse(line)).toMatchObject({ protocol: 'tcp' });
      expect(findings.events).not.toBe('');
    },
  );
});
