import { PassThrough } from 'node:stream';
import type { Diagnosis, TableStats } from '@conntrack/table';
import { describe, expect, it } from 'vitest';
import { findingsText } from '../../src/diagnose/findings.js';
import { fillText, marksText, statsText } from '../../src/diagnose/stats-text.js';
import { Interrupted } from '../../src/process/io.js';
import { SAMPLE } from '../../src/sample.js';
import { terminalOf } from '../../src/terminal/terminal.js';
import { ctctl } from '../ctctl.js';

const memory = ['--source', `memory:${SAMPLE}`];
const plain = terminalOf({ stdout: { isTTY: false } as never, env: {} });
const narrow = { ...plain, columns: 80 };
const colored = terminalOf({ stdout: { isTTY: true, columns: 80 } as never, env: {} }, { color: 'always' });

const source = { kind: 'kernel', name: 'kernel', writable: true } as const;
const diagnosis: Diagnosis = {
  source,
  findings: [
    { check: 'fill', status: 'ok', found: '12 of 262144 entries' },
    { check: 'accounting', status: 'note', found: 'nf_conntrack_acct is 0', effect: 'packets and bytes are absent' },
    {
      ...{ check: 'drops', status: 'loss', found: '5 packets dropped because the table was full' },
      ...{ effect: 'new connections were refused', fix: 'raise net.netfilter.nf_conntrack_max' },
      groups: [
        { values: { src: '192.0.2.1' }, filter: 'src=192.0.2.1', entries: 12_000 },
        { values: { src: '192.0.2.11', proto: 'udp' }, filter: 'src=192.0.2.11&proto=udp', entries: 1 },
      ],
    },
    { check: 'faults', status: 'unknown', found: 'they were not tested' },
    { check: 'zones', status: 'ok', found: 'no zones' },
  ],
};

describe('doctor', () => {
  it('doctor shows the most serious finding first, with effect, fix and the entries that it is about', () => {
    expect(findingsText(diagnosis, plain)).toBe(`\
LOSS      drops: 5 packets dropped because the table was full
          effect  new connections were refused
          fix     raise net.netfilter.nf_conntrack_max
                  src=192.0.2.1               12,000 entries
                  'src=192.0.2.11&proto=udp'  1 entry

NOTE      accounting: nf_conntrack_acct is 0
          effect  packets and bytes are absent

UNKNOWN   faults: they were not tested

OK        fill, zones

1 problem that loses traffic, 1 note, 1 check not made, 2 checks passed
`);
  });

  it('doctor --all shows what the passed checks found', () => {
    const text = findingsText(diagnosis, plain, { all: true });
    expect(text).toContain('OK        fill: 12 of 262144 entries\n');
    expect(text).toMatch(/\n2 checks passed|, 2 checks passed\n$/);
  });

  it('doctor fits into the width of a terminal, and colors the status there', () => {
    const long = {
      check: 'x',
      status: 'warn',
      found: 'word '.repeat(60).trim(),
      fix: 'word '.repeat(60).trim(),
    } as const;
    const text = findingsText({ source, findings: [long] }, narrow);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(findingsText(diagnosis, colored)).toContain('\u001b[1m\u001b[31mLOSS');
    expect(findingsText(diagnosis, plain)).not.toContain('\u001b');
  });

  it('doctor works on a kernel only, and says so', async () => {
    const { code, stderr } = await ctctl(['doctor', ...memory]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("is not the kernel's table")]);
    expect((await ctctl(['doctor', '-o', 'xml', ...memory])).code).toBe(2);
  });
});

const cpu = (number: number, more: object = {}) => ({ cpu: number, insert: 1000, drop: 0, insertFailed: 0, ...more });
const statsOf = (total: object, cpus: TableStats['cpus']): TableStats => ({
  ...{ count: 1203, max: 262_144, fill: 1203 / 262_144 },
  ...{ total: total as TableStats['total'], cpus },
});

describe('stats', () => {
  const stats = statsOf({ insert: 2000, drop: 0, insertFailed: 7 }, [cpu(0, { insertFailed: 7 }), cpu(1)]);

  it('stats shows each counter of each CPU with its meaning, and marks lost traffic', () => {
    expect(statsText({ stats, at: 0 }, undefined, plain)).toBe(`\
COUNTER         TOTAL   CPU0   CPU1  MEANING
drop                0      0      0  packets dropped: the table was full
insert_failed       7      7      0  ! packets dropped: the tuple was taken
insert          2,000  1,000  1,000  entries inserted
`);
    expect(fillText(stats)).toBe('1,203 of 262,144 entries (0.5 %)');
    expect(marksText(stats)).toMatch(/^! .*ctctl doctor\n$/);
    expect(marksText(statsOf({ drop: 0, insert: 5 }, []))).toBe('');
  });

  it('stats shows the change of each counter in a second', () => {
    const before = statsOf({ insert: 1000, drop: 0, insertFailed: 6 }, []);
    const text = statsText({ stats, at: 6000 }, { stats: before, at: 2000 }, plain);
    expect(text).toMatch(/^COUNTER +TOTAL +PER S +CPU0/);
    expect(text).toMatch(/^insert +2,000 +250 /m);
    expect(text).toMatch(/^insert_failed +7 +0\.3 /m);
    expect(text).toMatch(/^drop +0 +0 /m);
  });

  it('stats leaves out the CPUs if they do not fit, and fits into 80 columns', () => {
    const many = statsOf(
      { insert: 64_000, drop: 0, insertFailed: 0 },
      Array.from({ length: 64 }, (_, i) => cpu(i)),
    );
    const text = statsText({ stats: many, at: 0 }, undefined, narrow);
    expect(text).not.toContain('CPU');
    expect(text).toContain('MEANING');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(statsText({ stats: many, at: 0 }, undefined, plain)).toContain('CPU63');
  });

  it('a share below 0.1 % is not shown as 0', () => {
    expect(fillText({ ...stats, count: 1, fill: 1 / 262_144 })).toBe('1 of 262,144 entries (< 0.1 %)');
    const { max: _, fill: __, ...unlimited } = stats;
    expect(fillText({ ...unlimited, count: 1 })).toBe('1 entry');
  });

  it('stats of a table without counters shows its number of entries', async () => {
    const { code, stdout } = await ctctl(['stats', ...memory]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^68 of .* entries .*\n\nthis table has no counters\n$/)]);
    const json = await ctctl(['stats', '-o', 'json', ...memory]);
    expect(JSON.parse(json.stdout)).toMatchObject({ count: 68, cpus: [] });
  });

  it('stats --watch -o json prints an object for each look until it is interrupted', async () => {
    const ending = new AbortController();
    const stdout = new PassThrough();
    let text = '';
    stdout.on('data', chunk => {
      text += chunk;
      ending.abort(new Interrupted('SIGINT'));
    });
    const { code } = await ctctl(['stats', '--watch=1', '-o', 'json', ...memory], { signal: ending.signal, stdout });
    expect(code).toBe(130);
    expect(JSON.parse(text)).toMatchObject({ count: 68, time: expect.any(String) });
  });

  it.each([
    ['--watch without a terminal', ['--watch'], '-o json --watch'],
    ['no seconds', ['--watch=0', '-o', 'json'], 'at least 1 second'],
    ['another format', ['-o', 'csv'], 'text or json'],
  ])('stats refuses %s, with code 2', async (_, argv, message) => {
    const { code, stderr } = await ctctl(['stats', ...argv, ...memory]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

it.each([
  ['doctor', ['doctor']],
  ['stats', ['stats']],
  ['restore', ['restore', SAMPLE, '--dry-run']],
])('%s -o text prints what it prints without -o', async (_, argv) => {
  const { code, stdout, stderr } = await ctctl([...argv, ...memory]);
  expect(await ctctl([...argv, '-o', 'TEXT', ...memory])).toEqual({ code, stdout, stderr });
  expect(code).toBeLessThan(2);
});
