import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Flow } from '@conntrack/flow';
import { parseText } from '@conntrack/parser/all';
import { type FlowWriter, flowWriter, PRESET_NAMES } from '@conntrack/parser/presets';
import { openTable } from '@conntrack/table';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { testApp } from '../../../api/test/support.js';
import { anyFlow } from '../../../netlink/test/arbitraries.js';
import { ctctl } from '../ctctl.js';

const folder = mkdtempSync(join(tmpdir(), 'presets-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A capture of flows, as a source's name. */
function captureOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return `file:${path}`;
}
const listOf = ({ head, separator, tail, line }: FlowWriter, flows: readonly Flow[]): string =>
  head + flows.map(line).join(separator) + tail;

/** Sorts flows: a page of the API has an order of its own. */
const sorted = (list: readonly Flow[]): Flow[] =>
  [...list].sort((one, other) => ((one.key ?? '') < (other.key ?? '') ? -1 : 1));

const sctp = {
  family: 'ipv4',
  protocol: 'sctp',
  protonum: 132,
  original: { src: '192.0.2.1', dst: '192.0.2.2', sport: 1, dport: 2 },
  reply: { src: '192.0.2.2', dst: '192.0.2.1', sport: 2, dport: 1 },
  state: 'ESTABLISHED',
  status: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED'],
  protoinfo: { vtag: { original: 11, reply: 22 } },
  timeout: 500,
  mark: 7,
  use: 1,
} as const satisfies Flow;

// The clock stands still: ages are compared as they are printed.
const flows: Flow[] = [sctp, ...fc.sample(anyFlow, { numRuns: 60, seed: 14 }).map(flow => ({ ...flow, deltaTime: 5 }))];
const capture = captureOf('flows.ndjson', listOf(flowWriter('ndjson'), flows));

describe('equal bytes from ctctl, HTTP and a program', () => {
  it.each(PRESET_NAMES)('a list as %s has the same bytes from ctctl, over HTTP and from a program', async preset => {
    const expected = listOf(flowWriter(preset), flows);
    const local = await ctctl(['list', '--source', capture, '-o', preset]);
    expect(local.code).toBe(0);
    expect(local.stdout).toBe(expected);

    const table = await openTable(capture);
    const { request } = testApp({ table });
    const response = await request(`/conntrack?format=${preset}&limit=1000`);
    const text = await response.text();
    table.close();
    // A page is sorted by id.
    if (preset === 'json') {
      const items = flows.map(flowWriter('json').line);
      expect(text.startsWith('{"items":[')).toBe(true);
      for (const item of items) expect(text).toContain(item);
    } else if (preset === 'ndjson') expect(text.replace(/\{"type":"end".*\}\n$/, '')).toBe(expected);
    else expect(text).toBe(expected);
  });

  it.each(['json', 'ndjson', 'csv', 'xml'])(
    '%s of ctctl and of HTTP can be parsed as a capture with the same flows',
    async preset => {
      const { stdout } = await ctctl(['list', '--source', capture, '-o', preset]);
      expect(parseText(stdout)).toEqual(flows);
      const table = await openTable(capture);
      const answer = await (await testApp({ table }).request(`/conntrack?format=${preset}&limit=1000`)).text();
      table.close();
      const again = await ctctl(['list', '--source', captureOf(`http.${preset}`, answer), '-o', 'ndjson']);
      expect(sorted(parseText(again.stdout))).toEqual(sorted(flows));
    },
  );
});

describe('properties that a save does not contain', () => {
  it('properties that a save does not contain are listed on standard error, and the mark is contained', async () => {
    const labelled = captureOf(
      'labelled',
      listOf(flowWriter('ndjson'), [sctp, { ...sctp, labels: [1], helper: 'ftp' }]),
    );
    const { stdout, stderr } = await ctctl(['list', '--source', labelled, '-o', 'save']);
    expect(stderr).toBe('warning: -o save does not contain: labels (1), helper (1); -o ndjson contains everything\n');
    expect(stdout.match(/ -m 7 /g)).toHaveLength(2);
    expect(parseText(stdout)[0]).toMatchObject({ mark: 7, state: 'ESTABLISHED', protoinfo: sctp.protoinfo });
  });
});

describe('control characters in a capture', () => {
  const hostile = '\u001b]0;owned\u0007\u009b31m';
  const lines = captureOf(
    'hostile.ndjson',
    `${JSON.stringify({ ...sctp, helper: hostile, secctx: hostile, progname: hostile, portid: 1, labels: [hostile] })}\n`,
  );
  const controls = /[^\P{Cc}\r\n]/u;

  it.each([...PRESET_NAMES, 'extended,id,labels,ktimestamp'])(
    'control characters of a capture are never printed with -o %s',
    async format => {
      const { stdout, stderr } = await ctctl(['list', '--source', lines, '-o', format]);
      expect(stdout).not.toBe('');
      expect(stdout + stderr).not.toMatch(controls);
    },
  );

  it.each([
    ['a bad line', ['count', '--source', captureOf('bad', `${hostile}\n`)]],
    [
      'a skipped line',
      ['list', '--skip-bad-lines', '--source', captureOf('skipped', `${flowWriter('plain').line(sctp)}${hostile}\n`)],
    ],
    ['a file name', ['list', '--source', `file:/nowhere/${hostile}`]],
    ['a filter', ['list', `nofield == ${hostile}`, '--source', lines]],
    ['a key', ['get', hostile, '--source', lines]],
    ['an option', ['list', '-o', hostile]],
    ['a verb', [hostile]],
  ])('control characters of a capture are never printed in the message about %s', async (_, argv) => {
    const { stdout, stderr } = await ctctl(argv);
    expect(stderr).not.toBe('');
    expect(stdout + stderr).not.toMatch(controls);
  });
});
