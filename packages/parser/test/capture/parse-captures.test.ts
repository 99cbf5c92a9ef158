import { gzipSync } from 'node:zlib';
import type { Flow } from '@conntrack/flow';
import { type ParseError, parseText, type StreamOptions } from '@conntrack/parser/all';
import { captureBatches, captureEvents, captureRecords } from '@conntrack/parser/capture';
import { describe, expect, it } from 'vitest';

const TUPLES = 'src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1';
const LINE = `tcp      6 99 CLOSE ${TUPLES} mark=0 use=1`;
const [flow] = parseText(LINE) as [Flow];
const TIME = '2026-11-21T04:17:25.289660000Z';
const STAMP = '[1795234645.289660]\t';

async function flat<T>(batches: AsyncIterable<T[]>): Promise<T[]> {
  const list: T[] = [];
  for await (const batch of batches) list.push(...batch);
  return list;
}
const read = (chunks: Parameters<typeof captureBatches>[0], options?: StreamOptions): Promise<Flow[]> =>
  flat(captureBatches(typeof chunks === 'string' ? [chunks] : chunks, options));
const errorOf = async (chunks: Parameters<typeof captureBatches>[0], options?: StreamOptions): Promise<ParseError> =>
  read(chunks, options).then(
    () => Promise.reject(new Error('it was read')),
    (error: ParseError) => error,
  );
/** Number of flows that were read, and lines and columns of the faults. */
const bad = async (text: string): Promise<[flows: number, ...faults: [number, number, string][]]> => {
  const faults: [number, number, string][] = [];
  const flows = await read(text, {
    mode: 'tolerant',
    onBadLine: ({ line, column, code }) => void faults.push([line, column, code]),
  });
  return [flows.length, ...faults];
};

describe('a record of a capture', () => {
  it('a record of a capture has its type and its time', async () => {
    const text = `${LINE}\n${STAMP}${LINE}\n    [NEW] ${LINE}\n${STAMP}[DESTROY] ${LINE}\n`;
    expect(await flat(captureRecords([text]))).toStrictEqual([
      { flow },
      { flow, time: TIME },
      { flow, type: 'new' },
      { flow, type: 'destroy', time: TIME },
    ]);
    expect(await flat(captureEvents([`    [NEW] ${LINE}\n${STAMP}    [NEW] ${LINE}\n`]))).toStrictEqual([
      { type: 'new', flow },
      { type: 'new', flow, time: TIME },
    ]);
  });

  it.each([
    [' [UPDATE] ', 'an entry of a table, not an update of one'],
    ['[DESTROY] ', 'an entry of a table, not the end of one'],
  ])('a record that is %j is not an entry', async (tag, expected) => {
    expect(await errorOf(`${LINE}\n${tag}${LINE}`)).toMatchObject({
      code: 'ENTRY_EXPECTED',
      line: 2,
      column: tag.indexOf('[') + 1,
      expected,
    });
    expect(await read(`    [NEW] ${LINE}`)).toEqual([flow]);
  });

  it('the lines and bad lines of a capture are counted', async () => {
    const source = captureBatches([`${LINE}\nrubbish\n${LINE}\n`], { mode: 'tolerant' });
    expect(await flat(source)).toHaveLength(2);
    expect([source.lines, source.badLines]).toEqual([3, 1]);
  });
});

describe('a capture of which nothing can be read', () => {
  it('a capture without a readable line fails with its first fault and the number of faults', async () => {
    const options = { mode: 'tolerant' } as const;
    expect(await errorOf('cpu=0   \tfound=1 \nrubbish\n', options)).toMatchObject({
      code: 'NOTHING_READ',
      line: 1,
      column: 1,
      expected:
        'entries: /proc/net/nf_conntrack, conntrack(8), -o save, -o xml, NDJSON, a JSON array or page, CSV, Open vSwitch’s dpctl/dump-conntrack',
      text: 'cpu=0   \tfound=1 ',
      hint: 'These are the counters of conntrack -S, which contain no entries. No line of this text could be read (2 bad)',
    });
    expect((await errorOf('rubbish\n', options)).hint).toBe('No line of this text could be read (1 bad)');
  });

  it.each([
    ['cpu=0   \tfound=1 ', 'These are the counters of conntrack -S, which contain no entries'],
    ['entries  searched', 'These are the counters of /proc/net/stat/nf_conntrack, which contain no entries'],
    ['42', 'This is the number that conntrack -C prints, not a list of entries'],
    ['300 proto=6 src=192.0.2.1', 'These are expectations, not entries'],
    ['300 l3proto = 2 proto=6 src=192.0.2.1', 'These are expectations, not entries'],
    [
      `gw ${LINE}`,
      'An entry seems to begin at column 4. To remove the text in front of it from every line: cut -c4- FILE',
    ],
    ['rubbish', undefined],
  ])('%j: the error of an unreadable capture says what the text is', async (text, hint) => {
    expect((await errorOf(text)).hint).toBe(hint);
  });
});

describe('lines of a capture', () => {
  const half = LINE.slice(0, LINE.indexOf(' sport'));
  const rest = LINE.slice(half.length + 1);

  it('lines that belong together are one record, and other lines are faults of their own', async () => {
    expect(await bad(`${half}\n${rest}\n${LINE}\n`)).toEqual([2]);
    expect(await bad(`${half}\nrubbish\n${LINE}\n`)).toEqual([1, [2, 1, 'PAIR_EXPECTED']]);
    expect(await bad(`${LINE}\n\n  \n$ cat x\n${LINE}`)).toEqual([2]);
    expect(await bad(`${half} \\\n${rest}`)).toEqual([1]);
    expect(await read(`${LINE.replace(' use=1', '')}\nuse=1\n`)).toEqual([flow]);
    expect(await bad(`${LINE}\na=1\n`)).toEqual([1, [2, 2, 'PROTOCOL_EXPECTED']]);
    expect(await bad(`${LINE}\nmark=0\n`)).toEqual([1, [2, 5, 'PROTOCOL_EXPECTED']]);
  });

  it('a record has at most 32 lines, and together they are not longer than one line may be', async () => {
    const start = LINE.replace(' mark=0 use=1', '');
    const halves = (count: number): string =>
      `tcp      6 99 CLOSE src=10.0.0.1 ${Array.from({ length: count - 2 }, (_, i) => `\na${i}=1`).join(' ')}\n${LINE.slice(LINE.indexOf('dst='))}`;
    expect(await bad(`${halves(32)}\n${LINE}`)).toEqual([2]);
    expect((await bad(`${halves(33)}\n${LINE}`))[0]).toBe(1);
    const long = (length: number): string => `${start} x=${'y'.repeat(length)}\nuse=1`;
    const room = 65_536 - start.length - 3 - 'use=1'.length;
    expect(await bad(long(room))).toEqual([1]);
    expect(await bad(long(room + 1))).toEqual([1, expect.arrayContaining([2])]);
  });

  it('a line is a continuation only if it does not begin like a record, except after a backslash', async () => {
    const behind = `6 99 CLOSE ${TUPLES} mark=0 use=1`;
    const [flows, ...faults] = await bad(`${LINE}\ntcp\n${behind}\n`);
    expect([flows, faults.map(([line]) => line)]).toEqual([1, [2, 3]]);
    expect(await bad(`${LINE}\ntcp \\\n${behind}\n`)).toEqual([2]);
  });

  it('a space at the end of a line is not a token', async () => {
    const [first] = await read(`${LINE.replace(' use=1', '')} \nuse=1\n`);
    expect(first).toMatchObject({ mark: 0, use: 1 });
  });

  it('lines of other formats are passed on unchanged', async () => {
    const xml = `<conntrack>\n<flow>\n</flow>\n</conntrack>\n`;
    expect((await errorOf(xml)).line).toBe(2);
    expect((await errorOf('<flow>\n\n')).code).toBe('ELEMENT_EXPECTED');
    expect(await read(`  ${JSON.stringify(flow)}\n\n${JSON.stringify(flow)}`)).toEqual([flow, flow]);
    expect(await read(`{"type":"bookmark"}\n${JSON.stringify(flow)}\n{"type":"end"}\n`)).toEqual([flow]);
    expect(await read(`x.json:{"type":"bookmark"}\nx.json:${JSON.stringify(flow)}\n`)).toEqual([flow]);
  });
});

describe('bytes of a capture', () => {
  const bytes = new TextEncoder().encode(`${LINE}\n`);

  it('strings may follow bytes only before the file type is known', async () => {
    expect(await read([bytes.subarray(0, 5), new TextDecoder().decode(bytes.subarray(5))])).toEqual([flow]);
    expect(await read([new Uint8Array(0), LINE])).toEqual([flow]);
    const packed = gzipSync(bytes);
    for (const next of ['text', 5, null])
      await expect(read([packed.subarray(0, 20), next as never])).rejects.toThrow(
        new TypeError('a stream must not mix bytes and strings'),
      );
    expect(await read([])).toEqual([]);
    expect(await read([bytes.subarray(0, 7), bytes.subarray(7)])).toEqual([flow]);
    expect(await read([bytes.subarray(0, 8), bytes.subarray(8)])).toEqual([flow]);
  });

  it.each([
    ['28b52ffd00', 'This is zstd: decompress it first, with zstd -dc FILE'],
    ['fd377a585a0000', 'This is xz: decompress it first, with xz -dc FILE'],
    ['425a6839', 'This is bzip2: decompress it first, with bzip2 -dc FILE'],
    ['504b030414', 'This is a zip archive: unpack it first, with unzip -p FILE'],
    ['d4c3b2a1', 'This is a packet capture (pcap), which contains no entries'],
    ['a1b2c3d4', 'This is a packet capture (pcap), which contains no entries'],
    ['a1b23c4d', 'This is a packet capture (pcap), which contains no entries'],
    ['34cdb2a1', 'This is a packet capture (pcap), which contains no entries'],
    ['4d3cb2a1', 'This is a packet capture (pcap), which contains no entries'],
    ['a1b2cd34', 'This is a packet capture (pcap), which contains no entries'],
    ['0a0d0d0a', 'This is a packet capture (pcap), which contains no entries'],
    ['7478740000010203', 'This is a binary file'],
  ])('%s is a file of another kind', async (magic, hint) => {
    const file = Buffer.concat([Buffer.from(magic, 'hex'), Buffer.from('xxxxxxxx')]);
    const error = await errorOf([file]);
    expect(error).toMatchObject({ code: 'FORMAT_UNKNOWN', line: 1, column: 1, expected: 'text', text: '', hint });
    // Inside a text they have no meaning.
    const within = await errorOf([
      Buffer.concat([Buffer.from('xx'), Buffer.from(magic.replaceAll('00', '01'), 'hex')]),
    ]);
    expect(within.hint).toBeUndefined();
  });
});
