import type { Flow } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import {
  iterateText,
  ParseError,
  type ParseOptions,
  parse,
  parseBatches,
  parseEventText,
  parseLine,
  parseText,
} from '../../src/all.js';
import { formatFlow, XML_FOOTER, XML_HEADER } from '../../src/format.js';
import { parseText as parseLines } from '../../src/index.js';

const TUPLES = 'src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1';
const LINE = `tcp      6 99 CLOSE ${TUPLES} mark=0 use=1`;
const [flow] = parseText(LINE) as [Flow];
const faultOf = (read: () => unknown): ParseError => {
  try {
    read();
  } catch (error) {
    if (error instanceof ParseError) return error;
    throw error;
  }
  throw new Error('it was read');
};
const message = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it was read');
};

describe('input that is not text', () => {
  it.each<[unknown, string]>([
    [null, 'null'],
    [undefined, 'undefined'],
    [5, 'number'],
    [[], 'Array'],
    [{}, 'Object'],
    [new Map(), 'Map'],
    [() => 1, 'function'],
    [new Uint16Array(1), 'Uint16Array'],
  ])('an input that is %j is refused by its type', async (value, kind) => {
    expect(message(() => parseText(value as never))).toBe(`text must be a string or bytes (Uint8Array), got ${kind}`);
    if (Array.isArray(value) || value instanceof Map || value instanceof Uint16Array) return;
    await expect(
      parse(value as never)
        [Symbol.asyncIterator]()
        .next(),
    ).rejects.toThrow(
      new TypeError(`a stream must be an iterable or a ReadableStream of strings or bytes, got ${kind}`),
    );
  });
});

describe('an error', () => {
  it('an error has its place, what was expected, and a hint', () => {
    const error = faultOf(() => parseText(`${LINE}\n${LINE}`, { maxLineLength: 50 }));
    expect(error.message).toBe(
      'line 1, column 51: expected at most 50 bytes. Raise maxLineLength to allow longer lines',
    );
    expect(error).toMatchObject({ name: 'ParseError', code: 'LINE_TOO_LONG', text: LINE.slice(0, 50) });
    expect(faultOf(() => parseText(`${LINE} x`)).message).toBe(
      `line 1, column ${LINE.length + 2}: expected key=value or a [FLAG]`,
    );
  });

  it('an error of a long line shows the text around its column', () => {
    const text = 'abcdefghij'.repeat(50);
    const snippet = (column: number): [string, number] => {
      const [line, caret] = new ParseError('PAIR_EXPECTED', 1, column, 'x', text).snippet.split('\n') as [
        string,
        string,
      ];
      return [line, caret.length - 1];
    };
    expect(snippet(1)).toEqual([text.slice(0, 160), 0]);
    expect(snippet(81)).toEqual([text.slice(0, 160), 80]);
    expect(snippet(201)).toEqual([text.slice(120, 280), 80]);
    expect(snippet(500)).toEqual([text.slice(340), 159]);
    expect(new ParseError('PAIR_EXPECTED', 1, 4, 'x', 'short').snippet).toBe('short\n   ^');
  });

  it('the error for a line without a flow is at its first character', () => {
    for (const text of ['', '\n', 'conntrack v1.4.7 (conntrack-tools): 0 flow entries have been shown.'])
      expect(faultOf(() => parseLine(text))).toMatchObject({
        code: 'TUPLE_EXPECTED',
        line: 1,
        column: 1,
        expected: 'a flow',
        text,
      });
    expect(faultOf(() => parseLine('x', { mode: 'tolerant' }))).toMatchObject({ code: 'FORMAT_UNKNOWN' });
  });
});

describe('events', () => {
  it('an event has a time if its line gives one, and otherwise no member for it', () => {
    expect(parseEventText(`    [NEW] ${LINE}`)).toStrictEqual([{ type: 'new', flow }]);
    expect(parseEventText(`[1795234645.000007]\t[DESTROY] ${LINE}`)).toStrictEqual([
      { type: 'destroy', flow, time: '2026-11-21T04:17:25.000007000Z' },
    ]);
    expect(faultOf(() => parseEventText(LINE))).toMatchObject({
      code: 'TAG_EXPECTED',
      column: 1,
      expected: 'an event: new, update or destroy',
    });
  });

  it.each([
    ['[1795234645.0]x', 1],
    ['[1795234645.]\t', 1],
    ['[1795234645.1234567]\t', 1],
    ['[123456789012.0]\t', 1],
    ['x [NEW] ', 3],
    ['    [OLD] ', 1],
    ['     [NEW] ', 1],
    ['[1795234645.5]\t [OLD] ', 16],
  ])('an event cannot begin with %j', (prefix, column) => {
    const error = faultOf(() => parseText(`${LINE}\n${prefix}${LINE}`));
    expect([error.line, error.column]).toEqual([2, column]);
  });
});

describe('a text', () => {
  const element = formatFlow(flow, { format: 'xml' });
  const counted = (text: string, options: ParseOptions = {}): [number, number, number] => {
    const iterator = iterateText(text, { mode: 'tolerant', ...options });
    let flows = 0;
    for (let step = iterator.next(); ; step = iterator.next()) {
      if (step.done) return [flows, step.value.lines, step.value.badLines];
      flows++;
    }
  };

  it('lines and bad lines are counted; blank lines and messages of conntrack(8) are not bad', () => {
    expect(counted('')).toEqual([0, 0, 0]);
    expect(counted('\n')).toEqual([0, 1, 0]);
    expect(counted(`${LINE}\n\n  \nconntrack v1.4.7 (conntrack-tools): x\nrubbish\n${LINE}\r\n`)).toEqual([2, 6, 1]);
    expect(counted(`${XML_HEADER}\n\n${element.replace('><', '>\n\n<')}\n${XML_FOOTER}`)).toEqual([1, 7, 0]);
    expect(counted(`{"type":"x"}\n${JSON.stringify(flow)}`)).toEqual([1, 2, 0]);
  });

  it('line ends of both forms and byte order marks are removed', () => {
    for (const text of [`${LINE}\r\n`, `\ufeff${LINE}\n\ufeff${LINE}`, `\n\r\n${LINE}`])
      expect(parseText(text)[0]).toEqual(flow);
    expect(parseText(`${LINE}\r\r\n`, { mode: 'tolerant' })).toHaveLength(0);
    expect(counted('\ufeff\n')).toEqual([0, 1, 0]);
  });

  it('a line may have the maximum number of bytes, wherever it is cut', async () => {
    const length = LINE.length;
    expect(parseText(`${LINE}\n${LINE}\n`, { maxLineLength: length })).toHaveLength(2);
    expect(parseText(`${LINE}\r\n${LINE}`, { maxLineLength: length + 1 })).toHaveLength(2);
    expect(counted(`${LINE}\n${LINE} \n${LINE}x\n${LINE}`, { maxLineLength: length })).toEqual([2, 4, 2]);
    for (const size of [1, 7, length - 1, length, length + 1, length + 2]) {
      const text = `${LINE}\n\n${LINE}xyz\n${LINE}\n`;
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
        text.slice(i * size, (i + 1) * size),
      );
      const errors: [number, string, number][] = [];
      const records = parse(chunks, {
        mode: 'tolerant',
        maxLineLength: length,
        onBadLine: ({ line, code, text: { length: kept } }) => void errors.push([line, code, kept]),
      });
      let flows = 0;
      for await (const one of records) {
        expect(one).toEqual(flow);
        flows++;
      }
      expect([size, flows, records.lines, errors]).toEqual([size, 2, 4, [[3, 'LINE_TOO_LONG', length]]]);
    }
  });

  it('a text of many lines is read piece by piece, as a string and as bytes', async () => {
    const text = `${LINE}\n`.repeat(3000);
    expect(text.length).toBeGreaterThan(3 * 65536);
    const bytes = new TextEncoder().encode(text);
    for (const whole of [text, bytes]) {
      const iterator = iterateText(whole);
      let count = 0;
      for (const one of iterator) {
        if (count++ % 500 === 0) expect(one).toEqual(flow);
      }
      expect(count).toBe(3000);
      const sizes: number[] = [];
      for await (const batch of parseBatches([whole])) sizes.push(batch.length);
      expect(sizes.reduce((sum, size) => sum + size)).toBe(3000);
      expect(Math.max(...sizes)).toBeLessThan(65536 / LINE.length + 2);
      expect(sizes.length).toBe(Math.ceil(text.length / 65536));
    }
    // A chunk of one piece gives one batch.
    const one: number[] = [];
    for await (const batch of parseBatches([`${LINE}\n`.padEnd(65536, ' ')], { mode: 'tolerant' }))
      one.push(batch.length);
    expect(one).toEqual([1]);
  });

  it('the format of a text is the given one, or the one that its first line shows', () => {
    const json = JSON.stringify([flow]);
    expect(parseText(json, { format: 'json' })).toEqual([flow]);
    expect(parseText(json, { format: { format: 'json' } })).toEqual([flow]);
    expect(parseText(`\ufeff${json}`, { format: 'json' })).toEqual([flow]);
    expect(faultOf(() => parseText(json, { format: 'ndjson' })).code).toBe('JSON_EXPECTED');
    expect(faultOf(() => parseText(json, { format: 'csv' })).code).toBe('FIELD_EXPECTED');
    expect(faultOf(() => parseText(LINE, { format: 'json' })).code).toBe('JSON_EXPECTED');
    expect(faultOf(() => parseText('family,proto', { format: 'conntrack' })).code).toBe('PROTOCOL_EXPECTED');
    expect(faultOf(() => parseLines(json)).code).toBe('FORMAT_UNKNOWN');
    expect(faultOf(() => parseText('hello')).expected).toBe(
      'flows: /proc/net/nf_conntrack, conntrack(8), -o save, -o xml, NDJSON, a JSON array or page, or CSV',
    );
    for (const first of ['\u00ef', '\u00efx', '\u00bb', '\u00ef\u00bb'])
      expect(faultOf(() => parseText(`${first}${json}`, { format: 'json' })).column).toBe(1);
  });

  it('the [USERSPACE] suffix is read if its port id is a number', () => {
    expect(parseText(`-A -s 1.1.1.1 -d 2.2.2.2 -r 2.2.2.2 -q 1.1.1.1 -p 50 [USERSPACE] portid=0`)[0]).toMatchObject({
      portid: 0,
    });
    expect(
      parseText(`-A -s 1.1.1.1 -d 2.2.2.2 -r 2.2.2.2 -q 1.1.1.1 -p 50 [USERSPACE] portid=0`)[0],
    ).not.toHaveProperty('progname');
    expect(
      faultOf(() => parseText('-A -s 1.1.1.1 -d 2.2.2.2 -r 2.2.2.2 -q 1.1.1.1 -p 50 [USERSPACE] portid=4294967296'))
        .code,
    ).toBe('OPTION_EXPECTED');
  });
});

describe('a stream', () => {
  const web = (
    chunks: readonly (string | undefined)[],
    cancelled: unknown[] = [],
    last?: string,
  ): ReadableStream<string> => {
    let at = 0;
    return {
      getReader: () => ({
        read: async () => (at < chunks.length ? { done: false, value: chunks[at++] } : { done: true, value: last }),
        cancel: async (reason: unknown) => void cancelled.push(reason),
        releaseLock: () => void cancelled.push('released'),
      }),
    } as unknown as ReadableStream<string>;
  };
  const all = async (source: Parameters<typeof parse>[0], options?: Parameters<typeof parse>[1]): Promise<number> => {
    let count = 0;
    for await (const _flow of parse(source, options)) count++;
    return count;
  };

  it('a web stream is read to its end, and released', async () => {
    const cancelled: unknown[] = [];
    expect(await all(web([`${LINE}\n`, undefined, LINE.slice(0, 9), LINE.slice(9)], cancelled))).toBe(2);
    expect(cancelled).toEqual([undefined, 'released']);
    expect(await all(web([`${LINE}\n`], [], LINE))).toBe(2);
  });

  it('a web stream is cancelled with the reason of the signal', async () => {
    const controller = new AbortController();
    const cancelled: unknown[] = [];
    const reason = new Error('enough');
    const records = parse(web([LINE, '\n', LINE], cancelled), { signal: controller.signal })[Symbol.asyncIterator]();
    const first = records.next();
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
    expect(cancelled).toEqual([reason, 'released']);
  });

  it('leaving the loop ends the source', async () => {
    const records = parse([`${LINE}\n${LINE}\n${LINE}\n`])[Symbol.asyncIterator]();
    expect((await records.next()).value).toEqual(flow);
    expect(await records.return!()).toEqual({ done: true, value: undefined });
    expect(await records.next()).toEqual({ done: true, value: undefined });
  });
});
