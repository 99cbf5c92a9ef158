import { appendFile, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import zlib, { gunzipSync } from 'node:zlib';
import { parseText } from '@conntrack/parser';
import { expect, onTestFinished, test } from 'vitest';
import { NdjsonFiles } from '../../src/out/ndjson/ndjson-files.js';
import type { NdjsonFilesOptions } from '../../src/out/ndjson/options.js';
import type { Gap } from '../../src/record.js';
import { batchOf, type TestRow } from '../records.js';
import { DNAT, ECHO, PLAIN6, SNAT } from './flows.js';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'ndjson-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

/** Opens files that the end of the test closes. */
async function opened(path: string, options: NdjsonFilesOptions = {}) {
  const sentences: string[] = [];
  const files = await NdjsonFiles.open(path, options, sentence => sentences.push(sentence));
  onTestFinished(() => files.close());
  return { files, sentences };
}

const names = async (path: string) => (await readdir(path)).sort();
const finished = async (path: string) => (await names(path)).filter(name => name.startsWith('flows-'));
const contentOf = async (path: string, name: string) => {
  const bytes = await readFile(join(path, name));
  return name.endsWith('.gz') ? gunzipSync(bytes).toString() : bytes.toString();
};
/** Every line of a folder, in the order of its files. */
async function linesOf(path: string) {
  const texts = await Promise.all((await finished(path)).map(name => contentOf(path, name)));
  const all = texts.join('');
  expect(all === '' || all.endsWith('\n')).toBe(true);
  return all
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line));
}

const row = (id: number): TestRow => ({ kind: 'end', flow: { ...SNAT, id } });
const rows = (from: number, to: number) => batchOf(Array.from({ length: to - from }, (_, i) => row(from + i)));
const idsOf = (lines: { flow?: { id: number } }[]) =>
  lines.flatMap(({ flow }) => (flow === undefined ? [] : [flow.id]));

test('a line has kind, time and flow, and the parser reads it back', async () => {
  const path = await folder();
  const { files } = await opened(path);
  const time = Date.parse('2026-11-30T14:03:05Z') + 0.25;
  const gap: Gap = { from: time, to: time + 1000, cause: 'kernel', reason: 'events were dropped', of: 'ends', rows: 7 };
  const batch: TestRow[] = [
    { kind: 'end', flow: SNAT },
    { kind: 'nat', flow: DNAT, time },
    { kind: 'start', flow: PLAIN6, time },
    { kind: 'interim', flow: ECHO, time },
  ];
  files.write(batchOf(batch, [gap]));
  await files.close();
  expect(await names(path)).toHaveLength(1);
  const lines = await linesOf(path);
  expect(lines).toEqual([
    { type: 'end', time: '2026-11-30T14:03:00.999000Z', flow: SNAT },
    { type: 'nat', time: '2026-11-30T14:03:05.000250Z', flow: DNAT },
    { type: 'start', time: '2026-11-30T14:03:05.000250Z', flow: PLAIN6 },
    { type: 'interim', time: '2026-11-30T14:03:05.000250Z', flow: ECHO },
    { ...gap, type: 'gap', from: '2026-11-30T14:03:05.000250Z', to: '2026-11-30T14:03:06.000250Z' },
  ]);
  expect(parseText(await contentOf(path, (await finished(path))[0]!))).toEqual([SNAT, DNAT, PLAIN6, ECHO]);
});

test('files are finished before they are larger than the limit, and have every row in order', async () => {
  const path = await folder();
  const { files } = await opened(path, { maxBytes: 65_536 });
  for (let i = 0; i < 2000; i += 100) files.write(rows(i, i + 100));
  await files.close();
  const all = await finished(path);
  expect(all.length).toBeGreaterThan(10);
  for (const name of all) expect((await stat(join(path, name))).size).toBeLessThanOrEqual(65_536);
  expect(idsOf(await linesOf(path))).toEqual(Array.from({ length: 2000 }, (_, i) => i));
});

test('a file with rows is finished when it is old enough, without further rows', async () => {
  const path = await folder();
  const { files } = await opened(path, { maxAge: 1 });
  files.write(rows(0, 3));
  await expect.poll(() => finished(path)).toHaveLength(1);
  expect(idsOf(await linesOf(path))).toEqual([0, 1, 2]);
  files.write(rows(3, 4));
  await expect.poll(() => finished(path)).toHaveLength(2);
  expect(idsOf(await linesOf(path))).toEqual([0, 1, 2, 3]);
});

test('what is left of a line after a crash is cut off and reported, and the gap is recorded', async () => {
  const path = await folder();
  const current = join(path, 'current.ndjson');
  const whole = `${JSON.stringify({ type: 'end', flow: SNAT })}\n`;
  await writeFile(current, whole + 'x'.repeat(200_000));
  const killed = new Date('2026-11-30T12:00:00.000Z');
  await utimes(current, killed, killed);
  const { files, sentences } = await opened(path);
  files.write(rows(1, 2));
  await files.close();
  const [before, gap, after] = await linesOf(path);
  expect(before.flow).toEqual(SNAT);
  expect(gap).toMatchObject({ type: 'gap', from: '2026-11-30T12:00:00.000000Z', cause: 'killed' });
  expect(after.flow.id).toBe(1);
  expect(sentences).toEqual([`${current}: 200000 bytes of an incomplete line were cut off`]);
});

test('a restart after a close is a gap with the cause stopped', async () => {
  const path = await folder();
  const first = await opened(path);
  first.files.write(rows(0, 1));
  await first.files.close();
  const second = await opened(path);
  second.files.write(rows(1, 2));
  await second.files.close();
  expect((await linesOf(path)).map(({ type, cause }) => cause ?? type)).toEqual(['end', 'stopped', 'end']);
});

test('a folder that another process writes to is refused', async () => {
  const path = await folder();
  await opened(path);
  await expect(NdjsonFiles.open(path)).rejects.toMatchObject({ code: 'IN_USE' });
});

test('finished files are compressed, and one that a crash left uncompressed too', async () => {
  const path = await folder();
  const first = await opened(path);
  first.files.write(rows(0, 500));
  await first.files.close();
  await appendFile(join(path, 'flows-20261130T000000000Z.ndjson.gz.part'), 'half');
  const { files } = await opened(path, { compress: 'gzip' });
  files.write(rows(500, 1000));
  await files.close();
  const all = await names(path);
  expect(all).toHaveLength(2);
  for (const name of all) expect(name).toMatch(/^flows-\d{8}T\d{9}Z\.ndjson\.gz$/);
  expect(idsOf(await linesOf(path))).toEqual(Array.from({ length: 1000 }, (_, i) => i));
});

test('finished files are compressed with zstd where Node has it; elsewhere that is refused', async () => {
  const path = await folder();
  if (!('createZstdCompress' in zlib)) {
    await expect(NdjsonFiles.open(path, { compress: 'zstd' })).rejects.toThrow(
      `NdjsonFiles: compress 'zstd' needs Node 22.15, and this is ${process.version}. Use 'gzip'`,
    );
    return;
  }
  const { files } = await opened(path, { compress: 'zstd' });
  files.write(rows(0, 500));
  await files.close();
  const [name] = await finished(path);
  const { zstdDecompressSync } = zlib as unknown as { zstdDecompressSync(bytes: Uint8Array): Buffer };
  const text = zstdDecompressSync(await readFile(join(path, name!))).toString();
  expect(text.split('\n')).toHaveLength(501);
});

test('the oldest finished files are deleted beyond the bytes and the days to keep, and no other files', async () => {
  const path = await folder();
  await writeFile(join(path, 'notes.txt'), 'mine');
  const old = join(path, 'flows-20200101T000000000Z.ndjson');
  await writeFile(old, '{}\n');
  const day = new Date(Date.now() - 3 * 86_400_000);
  await utimes(old, day, day);
  const { files } = await opened(path, { maxBytes: 65_536, keepBytes: 200_000, keepDays: 2 });
  for (let i = 0; i < 2000; i += 100) files.write(rows(i, i + 100));
  await files.close();
  const all = await finished(path);
  expect(all).toHaveLength(3);
  expect(await names(path)).toContain('notes.txt');
  expect(idsOf(await linesOf(path)).at(-1)).toBe(1999);
});

test('rows beyond the backlog are dropped, counted and reported, and a gap line has their number', async () => {
  const path = await folder();
  const { files, sentences } = await opened(path, { backlog: 65_536 });
  // The first write begins only after this loop.
  for (let i = 0; i < 1000; i += 100) files.write(rows(i, i + 100));
  await files.flush();
  const { dropped } = files;
  expect(dropped).toBeGreaterThan(800);
  files.write(rows(1000, 1001));
  await files.close();
  const lines = await linesOf(path);
  expect(lines.at(-2)).toMatchObject({ type: 'gap', cause: 'overload', rows: dropped });
  expect(idsOf(lines)).toHaveLength(1001 - dropped);
  expect(sentences.join()).toContain('rows were lost: the disk is too slow');
});

test.each([
  [{ maxBytes: 1 }, 'NdjsonFiles: maxBytes must be a whole number from 65536 to 1099511627776, got 1'],
  [{ compress: 'gz' }, "NdjsonFiles: compress must be 'none', 'gzip' or 'zstd', got 'gz'. Did you mean 'gzip'?"],
  [{ maxbytes: 1 }, "NdjsonFiles: unknown key 'maxbytes'. Did you mean 'maxBytes'?"],
])('the options %j are refused with a sentence', async (options, message) => {
  await expect(NdjsonFiles.open('/nonexistent', options as NdjsonFilesOptions)).rejects.toThrow(message);
});
