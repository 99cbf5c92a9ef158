// The playground's logic, without a page.
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fix, pointerOf } from '../../console/src/model/faults.js';
import { readFilter } from '../playground/filter-reading.js';
import { OUTPUT_FORMATS, outputFormat } from '../playground/output-formats.js';
import { MOST_BAD, MOST_SHOWN, scan, summaryOf } from '../playground/scan.js';
import { fromHash, MOST_SHARED_TEXT, toHash } from '../playground/share.js';

const TCP =
  'tcp      6 300 ESTABLISHED src=192.0.2.1 dst=192.0.2.2 sport=2000 dport=443 src=192.0.2.2 dst=192.0.2.1 sport=443 dport=2000 [ASSURED] mark=0 use=1';
const UDP =
  'udp      17 10 src=192.0.2.1 dst=192.0.2.53 sport=3000 dport=53 [UNREPLIED] src=192.0.2.53 dst=192.0.2.1 sport=53 dport=3000 mark=0 use=1';
const conntrack = outputFormat('conntrack').options;
const matchesOf = (filter: string) => readFilter(filter).matches!;

describe('a filter as it is typed', () => {
  it('a filter in the playground means the same as a query string and as an expression', () => {
    const query = readFilter('proto=tcp&state=ESTABLISHED');
    const expression = readFilter('proto == tcp and state == ESTABLISHED');
    expect([query.syntax, expression.syntax]).toEqual(['query', 'expression']);
    expect(query.explanation).toEqual(expression.explanation);
    expect(query.explanation?.query).toContain('state=ESTABLISHED');
  });

  it('an empty filter in the playground matches every flow', () =>
    expect(readFilter('  ').explanation?.text).toBe('every flow'));

  it('the playground shows all faults of a filter, and fixes each in its place', () => {
    const text = 'proto=tcp&stat=ESTABLISHED&dprot=443';
    const { faults, matches } = readFilter(text);
    expect(matches).toBeUndefined();
    expect(faults.map(fault => text.slice(fault.offset, fault.offset + fault.length))).toEqual(['stat', 'dprot']);
    expect(pointerOf(faults[0]!).split('\n')).toEqual([text, `${' '.repeat(10)}^~~~`]);
    expect(fix(text, faults[1]!, 'dport')).toBe('proto=tcp&stat=ESTABLISHED&dport=443');
  });
});

describe('a link', () => {
  it('a link contains any filter, format and text', () => {
    const shared = { filter: 'src == 192.0.2.0/24 && label == "a&b#ü+"', format: 'ndjson', text: `${TCP}\n` };
    expect(fromHash(`#${toHash(shared)}`)).toEqual(shared);
  });

  it('a link leaves out a long text, and ignores other hashes', () => {
    expect(
      fromHash(toHash({ filter: '', format: 'xml', text: 'x'.repeat(MOST_SHARED_TEXT + 1) })).text,
    ).toBeUndefined();
    expect(fromHash('#architecture')).toEqual({});
  });
});

describe('a scan', () => {
  it('a scan counts and prints what matches, in every format', async () => {
    const matches = matchesOf('proto=tcp');
    for (const { name, options } of OUTPUT_FORMATS) {
      const result = await scan(`${TCP}\n${UDP}\n`, { matches, output: options });
      expect(result, name).toMatchObject({
        format: 'conntrack',
        lines: 2,
        flows: 2,
        matched: 1,
        badLines: 0,
        done: true,
      });
      expect(result.shown[0], name).toContain('192.0.2.2');
    }
    const own = await scan(`${TCP}\n${UDP}\n`, { matches, output: conntrack });
    expect(own.shown).toEqual([TCP]);
    expect(summaryOf(own)).toBe('1 of 2 flows matches (read as conntrack)');
  });

  it('a scan shows bad lines with line, column and caret, and continues', async () => {
    const result = await scan(`${TCP}\n${UDP.replace('dport=53', 'dport=x')}\n${UDP}\n`, {
      matches: matchesOf(''),
      output: conntrack,
    });
    expect(result).toMatchObject({ flows: 2, badLines: 1 });
    const [bad] = result.bad;
    expect(bad?.line).toBe(2);
    const [line, caret] = bad!.snippet.split('\n');
    expect(line!.slice(caret!.indexOf('^'))).toMatch(/^(dport=)?x/);
  });

  it('a scan of a file reads slices that are cut anywhere, pauses, and keeps a limited number of lines', async () => {
    const bytes = new Blob([`${TCP}\n`.repeat(5000), 'tcp nonsense\n'.repeat(50)]);
    let pauses = 0;
    const pause = async (): Promise<void> => {
      pauses++;
      // Long work between two pauses would show here as few pauses.
      await new Promise(resolve => setTimeout(resolve, 0));
    };
    const result = await scan(bytes, { matches: matchesOf('state=ESTABLISHED'), output: conntrack, pause });
    expect(result).toMatchObject({ flows: 5000, matched: 5000, badLines: 50, lines: 5050 });
    expect([result.shown.length, result.bad.length]).toEqual([MOST_SHOWN, MOST_BAD]);
    expect(pauses).toBeGreaterThan(0);
  });

  it('a scan ends when it is aborted', async () => {
    const abort = new AbortController();
    const running = scan(`${TCP}\n`.repeat(50_000), {
      matches: matchesOf(''),
      output: conntrack,
      signal: abort.signal,
      onProgress: () => abort.abort(new Error('typed on')),
    });
    await expect(running).rejects.toThrow('typed on');
  });

  it('a scan shows the events of a log with their tags, and filters by them', async () => {
    const log = `    [NEW] ${TCP}\n [UPDATE] ${TCP}\n[DESTROY] ${TCP.replace(' 300 ESTABLISHED', '')}\n`;
    const all = await scan(log, { matches: matchesOf(''), output: conntrack });
    expect(all).toMatchObject({ format: 'conntrack', flows: 3, events: 3, matched: 3, badLines: 0 });
    expect(all.shown).toEqual(log.trimEnd().split('\n'));
    expect(summaryOf(all)).toBe('3 of 3 events match (read as conntrack)');
    const ended = await scan(log, { matches: matchesOf('event=destroy'), output: conntrack });
    expect(ended.shown).toEqual([all.shown[2]]);
  });

  it('a scan prints local times unchanged, whatever the time zone of the browser', async () => {
    const { TZ } = process.env;
    process.env.TZ = 'Asia/Tokyo';
    try {
      const line = TCP.replace(' use=1', ' delta-time=2 [start=Sat Nov 21 04:17:25 2026] use=1');
      const result = await scan(line, { matches: matchesOf('start>2026-11-21T04:00:00Z'), output: conntrack });
      expect(result.shown).toEqual([line]);
    } finally {
      if (TZ === undefined) delete process.env.TZ;
      else process.env.TZ = TZ;
    }
  });

  it('a scan reads lines with other text around them, and compressed files', async () => {
    const mail = await scan(`> ${TCP}\n> ${UDP}\n`, { matches: matchesOf('proto=udp'), output: conntrack });
    expect(mail).toMatchObject({ format: 'capture', flows: 2, matched: 1, shown: [UDP] });
    const gzip = await scan(new Blob([gzipSync(`${TCP}\n${UDP}\n`.repeat(3000))]), {
      matches: matchesOf('proto=udp'),
      output: conntrack,
    });
    expect(gzip).toMatchObject({ format: 'capture', flows: 6000, matched: 3000, badLines: 0 });
    const cut = await scan(new Blob([gzipSync(TCP).subarray(0, 40)]), { matches: matchesOf(''), output: conntrack });
    expect(cut.bad[0]?.expected).toContain('truncated or damaged');
  });

  it('a scan says what a text without flows is', async () => {
    const options = { matches: matchesOf(''), output: conntrack };
    expect(summaryOf(await scan('hello\n', options))).toContain('No line is of a known format');
    expect(summaryOf(await scan('42\n', options))).toContain('count');
  });
});
