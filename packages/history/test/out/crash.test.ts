import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { NdjsonFiles } from '../../src/out/ndjson/ndjson-files.js';

const program = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const NODE = [process.execPath, '--conditions=@conntrack/source', '--import', 'tsx'] as const;

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'ndjson-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

test('kill -9 while rows are written leaves whole lines after a restart, and no row that was flushed is missing', async () => {
  const path = await folder();
  let next = 0;
  for (let round = 0; round < 2; round++) {
    const child = spawn(NODE[0], [...NODE.slice(1), program('killed.child.ts'), path, String(next)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    await expect.poll(() => output.split('\n').length, { interval: 1 }).toBeGreaterThan(20);
    child.kill('SIGKILL');
    await once(child, 'close');
    next = Number(output.split('\n').at(-2)) + 1;
  }
  await (await NdjsonFiles.open(path)).close();
  const names = (await readdir(path)).sort();
  const texts = await Promise.all(names.map(name => readFile(join(path, name), 'utf8')));
  const lines = texts.join('').split('\n');
  expect(lines.pop()).toBe('');
  const ids = new Set(lines.map(line => JSON.parse(line).flow?.id));
  expect(Array.from({ length: next }, (_, id) => id).filter(id => !ids.has(id))).toEqual([]);
  // A program that is killed while it begins a file seems to have been stopped.
  expect(lines.filter(line => /"cause":"(killed|stopped)"/.test(line))).toHaveLength(2);
});

test('a full disk stops the writing, is reported, and leaves a gap line and every other row', async ({ skip }) => {
  skip(spawnSync('unshare', ['-Urm', 'true']).status !== 0, 'no mount namespaces here');
  const path = await folder();
  const script = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"';
  const command = [...NODE, program('full-disk.child.ts'), path];
  const { stdout, stderr, status } = spawnSync('unshare', ['-Urm', 'sh', '-c', script, path, ...command], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const { wholeLines, written, dropped, ids, distinct, gaps, sentences } = JSON.parse(stdout);
  expect(wholeLines).toBe(true);
  expect(dropped).toBeGreaterThan(0);
  expect(ids).toBe(written - dropped);
  expect(distinct).toBe(ids);
  expect(gaps).toMatchObject([{ cause: 'disk', rows: dropped, reason: 'ENOSPC: no space left on device, write' }]);
  expect(sentences).toContainEqual(expect.stringMatching(/cannot write: ENOSPC: no space left on device/));
  expect(sentences).toContainEqual(expect.stringMatching(/rows were lost: ENOSPC/));
  expect(sentences).toContainEqual(expect.stringMatching(/: writing again$/));
});
