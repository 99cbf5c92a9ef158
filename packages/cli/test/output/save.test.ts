import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { REAL, trackingNamespace, uncomparable } from '../../../conntrack8/test/stage.js';
import { ctctl } from '../ctctl.js';

const unavailable = uncomparable();
beforeEach(context => {
  if (unavailable !== undefined) context.skip(unavailable);
});
const folder = mkdtempSync(join(tmpdir(), 'save-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ENTRIES = `
-I -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 2 --state ESTABLISHED -t 500 -u ASSURED,SEEN_REPLY,FIXED_TIMEOUT -m 7
-I -p sctp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 2 --state ESTABLISHED -t 500 --orig-vtag 11 --reply-vtag 22 -m 9
-I -p icmp -s 10.0.0.1 -d 10.0.0.2 --icmp-type 8 --icmp-code 0 --icmp-id 9 -t 500 -m 3
-I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 53 -t 500 -w 5 -m 77
-I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 2 --dport 53 -t 500
-I -p gre -s 10.0.0.1 -d 10.0.0.2 --srckey 0x10 --dstkey 0x20 -t 500 -m 5`
  .trim()
  .split('\n');

it('conntrack(8) loads what ctctl saves with marks and verification tags, and the table is then the same', async () => {
  using namespace = await trackingNamespace();
  const conntrack = (...argv: string[]): string => {
    const { status, stdout, stderr } = spawnSync('nsenter', [`--net=${namespace.path}`, REAL, ...argv], {
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    return stdout;
  };
  const save = async (): Promise<string[]> => {
    const { stdout, stderr } = await ctctl(['list', '-o', 'save', '--netns', namespace.path]);
    expect(stderr).toBe('');
    return stdout.trimEnd().split('\n').sort();
  };
  const still = (lines: readonly string[]): string[] => lines.map(line => line.replace(/-t \d+ /, '')).sort();
  for (const line of ENTRIES) conntrack(...line.split(' '));
  const theirs = conntrack('-L', '-o', 'save').trimEnd().split('\n');
  const before = await save();
  // Without the marks, the bytes are those of conntrack(8).
  expect(still(before.map(line => line.replace(/ -m \d+/, '')))).toEqual(still(theirs));
  expect(before.filter(line => / -m (7|9|3|77|5) /.test(line))).toHaveLength(5);
  const file = join(folder, 'saved');
  writeFileSync(file, `${before.join('\n')}\n`);
  conntrack('-F');
  conntrack('-R', file);
  expect(still(await save())).toEqual(still(before));
});
