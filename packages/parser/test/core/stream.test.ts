import type { Flow } from '@conntrack/flow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { iterateText, type ParseError, parse, parseBatches, parseEvents, parseText } from '../../src/all.js';
import { parseExpectations } from '../../src/expectations.js';
import { corpusFiles } from '../corpus.js';

const files = new Map([...corpusFiles('recorded'), ...corpusFiles('kept')]);
const TEXTS = [
  'counted-proc.txt',
  'events-E-extended,id,timestamp,ktimestamp,labels.txt',
  'counted-L-save.txt',
  'counted-L-xml.xml',
];

async function* chunks<T>(parts: readonly T[]): AsyncGenerator<T> {
  for (const part of parts) yield part;
}

async function all<T>(records: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const record of records) list.push(record);
  return list;
}

/** Cuts at the given places, modulo the length. */
function cut<T extends { length: number }>(
  whole: T,
  places: readonly number[],
  slice: (from: number, to: number) => T,
): T[] {
  const sorted = [0, ...places.map(place => place % whole.length).sort((a, b) => a - b), whole.length];
  return sorted.slice(1).map((to, i) => slice(sorted[i]!, to));
}

const good =
  'tcp      6 300 ESTABLISHED src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2 src=2.2.2.2 dst=1.1.1.1 sport=2 dport=1 [ASSURED] mark=0 use=1';

describe('streams', () => {
  it('records come in order, even if the caller does not await each one', async () => {
    const text = files.get(TEXTS[0]!)!;
    const records = parse(chunks(text.split(/(?<=\n)/)))[Symbol.asyncIterator]();
    const whole = parseText(text);
    const results = await Promise.all(Array.from({ length: whole.length + 2 }, () => records.next()));
    expect(results.map(({ value }) => value)).toEqual([...whole, undefined, undefined]);
    expect(results.filter(({ done }) => done)).toHaveLength(2);
  });
  it('a stream is over after an error and after an early end', async () => {
    const failing = parse(chunks([good, '\nbad line\n', good]))[Symbol.asyncIterator]();
    expect((await failing.next()).done).toBe(false);
    await expect(failing.next()).rejects.toThrow('line 2');
    expect((await failing.next()).done).toBe(true);
    const left = parse(chunks([`${good}\n${good}\n`]))[Symbol.asyncIterator]();
    await left.next();
    await left.return!();
    expect((await left.next()).done).toBe(true);
  });

  it.each(TEXTS)('%s gives the same flows wherever the text is cut', async name => {
    const text = files.get(name)!;
    const whole = parseText(text);
    expect(whole.length).toBeGreaterThan(20);
    const bytes = new TextEncoder().encode(text);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 30 }), async places => {
        expect(await all(parse(chunks(cut(bytes, places, (from, to) => bytes.subarray(from, to)))))).toEqual(whole);
        expect(await all(parse(chunks(cut(text, places, (from, to) => text.slice(from, to)))))).toEqual(whole);
      }),
      { numRuns: 15 },
    );
    expect(await all(parse(chunks([...bytes].map(byte => Uint8Array.of(byte)))))).toEqual(whole);
    expect([...iterateText(text)]).toEqual(whole);
    expect((await all(parseBatches(chunks([bytes])))).flat()).toEqual(whole);
  });

  it('characters that are cut in two are read, as bytes and as strings', async () => {
    const line = `${good} comment=\u00e9\u{1f600}\n`;
    const bytes = new TextEncoder().encode(line);
    const expected = [{ text: 'comment=\u00e9\u{1f600}', after: 'use' }];
    const [fromBytes] = await all(parse(chunks([...bytes].map(byte => Uint8Array.of(byte)))));
    expect(fromBytes?.extra).toEqual(expected);
    const [fromStrings] = await all(parse(chunks(line.split(''))));
    expect(fromStrings?.extra).toEqual(expected);
  });

  it('web streams are read, and cancelled if reading ends early', async () => {
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: controller => controller.enqueue(new TextEncoder().encode(`${good}\n`)),
      cancel: () => {
        cancelled = true;
      },
    });
    let count = 0;
    for await (const flow of parse(stream)) {
      expect(flow.protocol).toBe('tcp');
      if (++count === 3) break;
    }
    expect(cancelled).toBe(true);
  });

  it('records stay valid if the chunk is overwritten', async () => {
    const buffer = new Uint8Array(64);
    const bytes = new TextEncoder().encode(`${good} helper=ftp\n${good}\n`);
    async function* reused(): AsyncGenerator<Uint8Array> {
      for (let from = 0; from < bytes.length; from += 64) {
        const part = bytes.subarray(from, from + 64);
        buffer.set(part);
        yield buffer.subarray(0, part.length);
      }
    }
    expect(await all(parse(reused()))).toEqual(parseText(bytes));
  });

  it('reading ends with the reason of the signal', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    async function* endless(): AsyncGenerator<string> {
      for (;;) yield `${good}\n`;
    }
    let count = 0;
    await expect(
      (async () => {
        for await (const _flow of parse(endless(), { signal: controller.signal }))
          if (++count === 5) controller.abort(reason);
      })(),
    ).rejects.toBe(reason);
    await expect(all(parse(endless(), { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
  });

  it('only one line is held in memory: an endless line is cut at the limit', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 64; i++) yield new Uint8Array(1 << 20).fill(97);
      yield new TextEncoder().encode(`\n${good}\n`);
    }
    const errors: ParseError[] = [];
    const before = process.memoryUsage().arrayBuffers;
    const flows = await all(
      parse(endless(), {
        format: 'conntrack',
        mode: 'tolerant',
        onBadLine: error => errors.push(error),
        maxLineLength: 4096,
      }),
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(70 << 20);
    expect(flows).toHaveLength(1);
    expect(errors.map(({ code, text }) => [code, text.length])).toEqual([['LINE_TOO_LONG', 4096]]);
  });

  it('lines and bad lines are counted, and each bad line is reported', async () => {
    const errors: ParseError[] = [];
    const records = parse(chunks([`${good}\nrubbish\n\n${good.replace('sport=1', 'sport=x')}\r\n${good}\r\n`]), {
      mode: 'tolerant',
      onBadLine: error => errors.push(error),
    });
    expect(await all(records)).toHaveLength(2);
    expect([records.lines, records.badLines]).toEqual([5, 2]);
    expect(errors.map(({ line, code, column }) => [line, code, column])).toEqual([
      [2, 'PROTOCOL_EXPECTED', 8],
      [4, 'NUMBER_EXPECTED', 58],
    ]);
  });

  it('records before a bad line are yielded before the error', async () => {
    const seen: Flow[] = [];
    await expect(
      (async () => {
        for await (const flow of parse(chunks([`${good}\n${good}\nrubbish\n${good}\n`]))) seen.push(flow);
      })(),
    ).rejects.toMatchObject({ name: 'ParseError', line: 3 });
    expect(seen).toHaveLength(2);
  });

  it('streams give events and expectations', async () => {
    const events = await all(parseEvents(chunks([files.get('events-E.txt')!])));
    expect(new Set(events.map(event => event.type))).toEqual(new Set(['new', 'update', 'destroy']));
    await expect(all(parseEvents(chunks([good])))).rejects.toMatchObject({ code: 'TAG_EXPECTED' });
    const [expectation] = await all(parseExpectations(chunks([files.get('expectations-L.txt')!])));
    expect(expectation).toMatchObject({
      protocol: 'tcp',
      helper: 'ftp',
      tuple: { dport: 25700 },
      mask: { dport: 65535 },
    });
  });
});

it('a line with more tokens than maxPairs is refused', () => {
  expect(() => parseText(`${good}${' x=1'.repeat(200)}`)).toThrow(/at most 128 tokens/);
  expect(parseText(`${good}${' x=1'.repeat(200)}`, { maxPairs: 300 })[0]?.extra).toHaveLength(200);
});
