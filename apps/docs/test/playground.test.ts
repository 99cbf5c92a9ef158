// The playground's logic, without a page.
import { gzipSync } from 'node:zlib';
import { signal } from '@preact/signals';
import { describe, expect, it } from 'vitest';
import { viewModel } from '../../console/src/model/view.js';
import { anonymise } from '../playground/anonymise.js';
import { captureSource, factsOf } from '../playground/capture-source.js';
import { compareCaptures } from '../playground/compare.js';
import { playgroundModel } from '../playground/model.js';
import { OUTPUT_FORMATS } from '../playground/output-formats.js';
import { MOST_BAD, readCapture, summaryOf } from '../playground/read-capture.js';
import { fromHash, MOST_SHARED_TEXT, sharedPlace, toHash } from '../playground/share.js';

const TCP =
  'tcp      6 300 ESTABLISHED src=192.0.2.1 dst=192.0.2.2 sport=2000 dport=443 src=192.0.2.2 dst=192.0.2.1 sport=443 dport=2000 [ASSURED] mark=0 use=1';
const UDP =
  'udp      17 10 src=192.0.2.1 dst=192.0.2.53 sport=3000 dport=53 [UNREPLIED] src=192.0.2.53 dst=192.0.2.1 sport=53 dport=3000 mark=0 use=1';
const COUNTED = TCP.replaceAll('port=443 ', 'port=443 packets=3 bytes=900 ');

const sourceOf = async (text: string) => captureSource('test', (await readCapture(text)).records);

/** A window with an address bar and nothing else. */
function pageOf(hash: string) {
  const write = (_: unknown, __: string, url: string): void => {
    place.location.hash = url;
  };
  const place = {
    location: { hash },
    history: {
      pushState: write,
      replaceState: write,
    },
    addEventListener() {},
  };
  return place as unknown as Window & { location: { hash: string } };
}
/** The model of a page with a text, after the first answer. */
async function modelOf(text: string, hash = '') {
  const input = { name: 'test', content: text };
  const page = pageOf(hash);
  const model = playgroundModel(viewModel(sharedPlace(page, () => undefined)), input, {
    sample: input,
    shared: signal(false),
  });
  await expect
    .poll(() => model.capture.value?.done && (model.flows.shown.value !== undefined || model.fault.value))
    .toBeTruthy();
  return { model, page };
}

describe('a link', () => {
  it('a link contains any view and text', () => {
    const text = `${TCP}\na&b#ü+%\n`;
    for (const view of ['#/flows?filter=src+%3D%3D+1.2.3.4', '#/flows', '#/host?host=192.0.2.1'])
      expect(fromHash(toHash(view, text))).toEqual({ view, text });
  });

  it('links of earlier versions are understood', () =>
    expect(fromHash('#filter=proto%3Dtcp&format=xml&text=x')).toEqual({
      view: '#/flows?filter=proto%3Dtcp',
      text: 'x',
    }));

  it('a link leaves out a long text', () =>
    expect(fromHash(toHash('#/flows', 'x'.repeat(MOST_SHARED_TEXT + 1))).text).toBeUndefined());
});

describe('reading', () => {
  it('a bad line is shown with line, column and caret, and reading continues', async () => {
    const capture = await readCapture(`${TCP}\n${UDP.replace('dport=53', 'dport=x')}\n${UDP}\n`);
    expect(capture).toMatchObject({ flows: 2, badLines: 1, done: true });
    const [bad] = capture.bad;
    expect(bad?.line).toBe(2);
    const [line, caret] = bad!.snippet.split('\n');
    expect(line!.slice(caret!.indexOf('^'))).toMatch(/^(dport=)?x/);
  });

  it('a file is read in slices that are cut anywhere, and the page runs in between', async () => {
    const bytes = new Blob([`${TCP}\n`.repeat(5000), 'tcp nonsense\n'.repeat(50)]);
    let pauses = 0;
    const pause = async (): Promise<void> => {
      pauses++;
      // Long work between two pauses would show here as few pauses.
      await new Promise(resolve => setTimeout(resolve, 0));
    };
    const capture = await readCapture(bytes, { pause });
    expect(capture).toMatchObject({ flows: 5000, badLines: 50, lines: 5050 });
    expect([capture.records.length, capture.bad.length]).toEqual([5000, MOST_BAD]);
    expect(pauses).toBeGreaterThan(0);
  });

  it('reading ends when it is aborted', async () => {
    const abort = new AbortController();
    const onProgress = (): void => abort.abort(new Error('typed on'));
    await expect(readCapture(`${TCP}\n`.repeat(50_000), { signal: abort.signal, onProgress })).rejects.toThrow(
      'typed on',
    );
  });

  it('lines with other text around them, compressed files and UTF-16 are read', async () => {
    expect(await readCapture(`> ${TCP}\n> ${UDP}\n`)).toMatchObject({ format: 'capture', flows: 2 });
    const gzip = await readCapture(new Blob([gzipSync(`${TCP}\n${UDP}\n`.repeat(3000))]));
    expect(gzip).toMatchObject({ format: 'capture', flows: 6000, badLines: 0 });
    expect(await readCapture(new Blob([`\ufeff${TCP}\n`]))).toMatchObject({ flows: 1, badLines: 0 });
    expect(await readCapture(new Blob([Buffer.from(`\ufeff${TCP}\n`, 'utf16le')]))).toMatchObject({ flows: 1 });
    const cut = await readCapture(new Blob([gzipSync(TCP).subarray(0, 40)]));
    expect(cut.bad[0]?.expected).toContain('truncated or damaged');
  });

  it('the summary says what a text without flows is', async () => {
    expect(summaryOf(await readCapture('hello\n'))).toContain('No line is of a known format');
    expect(summaryOf(await readCapture('42\n'))).toContain('count');
    expect(summaryOf(await readCapture(`${TCP}\n`))).toBe('1 flow (read as conntrack)');
  });
});

describe('a capture as a source', () => {
  it('a capture answers as a server does: rows in order, groups and counts', async () => {
    const source = await sourceOf(`${UDP}\n${TCP}\n${TCP.replace('sport=2000', 'sport=2001')}\n`);
    const { items, groups, counts, meta } = await source.overview('src=192.0.2.1', {
      sort: '-sport',
      limit: 2,
      groups: [{ by: 'proto' }],
      counts: { unreplied: 'unreplied' },
    });
    expect(items.map(({ original }) => original.sport)).toEqual([3000, 2001]);
    expect(groups[0]?.items.map(({ group, value }) => [group, value])).toEqual([
      ['tcp', 2],
      ['udp', 1],
    ]);
    expect([counts, meta.matched, meta.more]).toEqual([{ unreplied: 1 }, 3, 1]);
  });

  it('a filter on a field that no entry of the text has is an error', async () => {
    const source = await sourceOf(`${TCP}\n`);
    await expect(source.overview('bytes.gt=1', {})).rejects.toThrow(/bytes.*no entry of test has this field/);
    await expect(source.overview('event=destroy', {})).rejects.toThrow(/event/);
    const counted = await sourceOf(`${COUNTED}\n${TCP}\n`);
    expect((await counted.overview('bytes.gt=1', {})).meta.matched).toBe(1);
  });

  it('events are filtered by their type, and each is a row of its own', async () => {
    const source = await sourceOf(
      `    [NEW] ${TCP}\n [UPDATE] ${TCP}\n[DESTROY] ${TCP.replace(' 300 ESTABLISHED', '')}\n`,
    );
    const all = await source.overview('', {});
    expect(all.items.map(item => (item as { event?: string }).event)).toEqual(['new', 'update', 'destroy']);
    expect(new Set(all.items.map(({ key }) => key)).size).toBe(3);
    expect((await source.overview('event=destroy', {})).meta.matched).toBe(1);
  });

  it('a text says what it records', async () => {
    expect(factsOf((await readCapture(`${TCP}\n`)).records)).toEqual({
      accounting: false,
      timestamps: false,
      events: false,
    });
    expect(factsOf((await readCapture(`[NEW] ${COUNTED}\n`)).records)).toMatchObject({
      accounting: true,
      events: true,
    });
  });
});

describe('the page', () => {
  it('what matches is written in every format, events with their tags and times as they stood', async () => {
    const { model } = await modelOf(`${TCP}\n${UDP}\n`, '#/flows?filter=proto%3Dtcp');
    expect(model.flows.shown.value?.meta.matched).toBe(1);
    for (const format of OUTPUT_FORMATS) {
      const text = model.written(format);
      expect(text, format.name).toContain('192.0.2.2');
      expect(await readCapture(text), format.name).toMatchObject({ flows: 1, badLines: 0 });
    }
    expect(model.written(OUTPUT_FORMATS[0]!)).toBe(`${TCP}\n`);
    const { TZ } = process.env;
    process.env.TZ = 'Asia/Tokyo';
    try {
      const line = TCP.replace(' use=1', ' delta-time=2 [start=Sat Nov 21 04:17:25 2026] use=1');
      const { model: timed } = await modelOf(`${line}\n`, '#/flows?filter=start%3E2026-11-21T04:00:00Z');
      expect(timed.written(OUTPUT_FORMATS[0]!)).toBe(`${line}\n`);
      expect(timed.timeText(timed.flows.shown.value!.items[0]!.start!)).toBe('2026-11-21 04:17:25');
    } finally {
      if (TZ === undefined) delete process.env.TZ;
      else process.env.TZ = TZ;
    }
    const log = `    [NEW] ${TCP}\n[DESTROY] ${TCP.replace(' 300 ESTABLISHED', '')}\n`;
    expect((await modelOf(log)).model.written(OUTPUT_FORMATS[0]!)).toBe(log);
  });

  it('a fault of the source is shown, and the next valid filter clears it', async () => {
    const { model } = await modelOf(`${TCP}\n`, '#/flows?filter=bytes.gt%3D1');
    expect(model.fault.value).toContain('bytes');
    model.go({ filter: 'proto=tcp' });
    await expect.poll(() => model.fault.value).toBeUndefined();
    expect(model.flows.shown.value?.meta.matched).toBe(1);
  });
});

it('two captures are compared: a connection with another id is another one', async () => {
  const line = (port: number, id: number): string => `${TCP.replace('sport=2000', `sport=${port}`)} id=${id}`;
  const first = (await readCapture(`${line(1, 1)}\n${line(2, 2)}\n${line(3, 3)}\n`)).records;
  const second = (await readCapture(`${line(2, 2)}\n${line(3, 4)}\n${line(5, 5)}\n`)).records;
  const found = compareCaptures(first, second).map(({ flow, difference }) => `${flow.original.sport} ${difference}`);
  expect(found.sort()).toEqual(['1 only first', '2 both', '3 only first', '3 only second', '5 only second']);
});

it('an anonymised capture has no address and name of the original, and the same structure', async () => {
  const lines = [
    TCP.replace('src=192.0.2.1 ', 'src=10.7.7.7 ').replace('use=1', 'secctx=secret_t use=1 labels=payroll'),
    UDP.replace('src=192.0.2.1 ', 'src=10.7.7.7 '),
    TCP.replaceAll('192.0.2.1 ', '2a02:1234::77 ').replaceAll('192.0.2.2 ', '2a02:1234::78 '),
  ].map(line => `Nov 30 12:00:00 gateway-of-acme conntrack: ${line}`);
  const text = anonymise((await readCapture(`${lines.join('\n')}\n`)).records);
  expect(text).not.toMatch(/192\.0\.2|10\.7\.7\.7|2a02|secret|payroll|acme/);
  const flows = (await readCapture(text)).records.map(({ flow }) => flow);
  expect(flows).toHaveLength(3);
  expect(flows[0]!.original.src).toBe(flows[1]!.original.src);
  expect(flows[0]!.original.src).toMatch(/^10\./);
  expect(flows[0]!.original.dst).toBe(flows[0]!.reply.src);
  expect(flows[2]!.original.src).toMatch(/^2001:db8::/);
  expect(flows[0]).toMatchObject({ state: 'ESTABLISHED', labels: ['label-1'], original: { dport: 443 } });
});
