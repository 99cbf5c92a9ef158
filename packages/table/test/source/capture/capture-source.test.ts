// Captures as tables: fields that their lines do not have are not zero, and texts without entries are refused.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseFilter } from '@conntrack/filter';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConntrackTable, openTable } from '../../../src/index.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'captures-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const ends = 'src=192.0.2.1 dst=192.0.2.2 sport=5 dport=53';
const back = 'src=192.0.2.2 dst=192.0.2.1 sport=53 dport=5';
const PLAIN = `udp      17 29 ${ends} ${back} mark=0 use=1\n`;
const COUNTED = `udp      17 29 ${ends} packets=1 bytes=60 ${back} packets=1 bytes=90 mark=0 use=1\n`;
const AGED = `udp      17 29 ${ends} ${back} mark=0 delta-time=12 use=1\n`;
const STARTED = `udp      17 29 ${ends} ${back} mark=0 delta-time=12 [start=Sat Nov 21 04:17:25 2026] use=1\n`;
const EVENTS = `    [NEW] ${PLAIN} [UPDATE] ${PLAIN}[DESTROY] udp      17 ${ends} ${back}\n`;

let files = 0;
function fileOf(text: string | Uint8Array): string {
  const path = join(folder, `${files++}.txt`);
  writeFileSync(path, text);
  return path;
}
const tables = (text: string): Promise<ConntrackTable[]> =>
  Promise.all(['file:', 'memory:'].map(kind => openTable(kind + fileOf(text))));
const filterOf = (text: string) => parseFilter(text).filter;

describe('a field that no entry carries', () => {
  it.each([
    ['counters', PLAIN, 'bytes>0'],
    ['counters', AGED, 'not packets>0'],
    [
      'counters, in a format without them',
      `-A -t 29 -u SEEN_REPLY -s 192.0.2.1 -d 192.0.2.2 -r 192.0.2.2 -q 192.0.2.1 -p udp --sport 5 --dport 53 --reply-port-src 53 --reply-port-dst 5\n`,
      'reply.bytes>0',
    ],
    ['times', PLAIN, 'age<20'],
    ['times', COUNTED, 'start>2020-01-01T00:00:00Z'],
    ['start times', AGED, 'start>2020-01-01T00:00:00Z'],
    ['start times, beside an age', AGED, 'age<20 and start>2020-01-01T00:00:00Z'],
  ])('in a capture without the field, %s: %j %s is an error, as on a live table', async (_name, text, filter) => {
    for (const table of await tables(text)) {
      await expect(table.count({ filter: filterOf(filter) }), table.source.name).rejects.toMatchObject({
        code: 'FIELD_UNAVAILABLE',
      });
      await expect(table.list({ filter: filterOf(filter) }).next()).rejects.toThrow(
        table.source.kind === 'capture' ? `no entry of ${table.source.name} has` : 'requires',
      );
    }
  });

  it('a capture cannot be sorted by a field that it does not have', async () => {
    for (const table of await tables(PLAIN))
      await expect(table.list({ sort: [{ field: 'bytes' }], limit: 1 }).next()).rejects.toThrow(
        'bytes requires counters',
      );
  });

  it.each([
    [COUNTED, 'bytes>0', 1],
    [PLAIN + COUNTED, 'bytes>100', 1],
    ['', 'bytes>0', 0],
    [AGED, 'age<20', 1],
    [AGED, 'age<12', 0],
    [STARTED, 'age<20', 1],
    [STARTED, 'age<20 and start>2020-01-01T00:00:00Z', 1],
    [PLAIN, 'udp', 1],
  ])('in a capture with the field, %j %s is answered: %i', async (text, filter, expected) => {
    const table = await openTable(`file:${fileOf(text)}`);
    expect(await table.count({ filter: filterOf(filter.replace('udp', 'proto=udp')) })).toBe(expected);
  });

  it('the fields of a pipe, which can be read only once, are known too', async () => {
    const count = async (text: string, filter: string): Promise<number> => {
      const path = join(folder, `pipe-${files++}`);
      execFileSync('mkfifo', [path]);
      const table = await openTable(`file:${path}`);
      const writing = import('node:fs/promises').then(({ writeFile }) => writeFile(path, text));
      try {
        return await table.count({ filter: filterOf(filter) });
      } finally {
        await writing;
      }
    };
    expect(await count(PLAIN + COUNTED, 'bytes>100')).toBe(1);
    expect(await count(PLAIN + COUNTED, 'proto=udp')).toBe(2);
    await expect(count(PLAIN, 'bytes>100')).rejects.toMatchObject({ code: 'FIELD_UNAVAILABLE' });
  });
});

describe('a text that is not a table', () => {
  it('an event log is refused by every operation, and the error names the right command', async () => {
    const file = fileOf(EVENTS);
    await expect(openTable(`memory:${file}`)).rejects.toThrow('not a table');
    await expect(openTable(`memory:${file}`, { onBadLine: () => {} })).rejects.toThrow('not a table');
    const table = await openTable(`file:${file}`);
    await expect(table.count()).rejects.toThrow('line 2, column 2: expected an entry of a table, not an update of one');
    const memory = await openTable('memory');
    await expect(memory.restore([EVENTS])).rejects.toThrow('captureEvents');
  });

  it('a text with only bad lines fails, even if bad lines are skipped', async () => {
    const file = fileOf('hello\nworld\n');
    const onBadLine = (): void => {};
    const table = await openTable(`file:${file}`, { onBadLine });
    await expect(table.count()).rejects.toMatchObject({ code: 'NOTHING_READ' });
    await expect(openTable(`memory:${file}`, { onBadLine })).rejects.toMatchObject({ code: 'NOTHING_READ' });
    const memory = await openTable('memory');
    await expect(memory.restore(['hello\n'], { onBadLine })).rejects.toMatchObject({ code: 'NOTHING_READ' });
  });
});

it('a quoted and wrapped capture works like any other table', async () => {
  const wrapped = `> ${PLAIN.slice(0, 60)}\n> ${PLAIN.slice(60)}`;
  for (const table of await tables(wrapped)) expect(await table.count({ filter: filterOf('dport=53&mark=0') })).toBe(1);
});
