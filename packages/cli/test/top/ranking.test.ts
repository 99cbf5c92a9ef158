import { describe, expect, it } from 'vitest';
import { SAMPLE } from '../../src/sample.js';
import { ctctl } from '../ctctl.js';

const top = (...argv: string[]) => ctctl(['top', '--source', `file:${SAMPLE}`, ...argv]);

describe('ctctl top without a terminal', () => {
  it('prints one ranking, by source if nothing else is asked for', async () => {
    const { code, stdout, stderr } = await top('-k', '2');
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^SRC +FLOWS +SHARE$/);
    expect(lines[1]).toMatch(/^[\da-f.:]+ +\d+ +\d+\.\d%$/);
    expect(lines[3]).toMatch(/^2 of \d+ groups, 68 flows$/);
    expect(lines).toHaveLength(5);
  });

  it('groups by several fields, prefixes and views, ranks by bytes, and takes a filter', async () => {
    const { stdout } = await top('--by', 'src/24,proto', '--metric', 'bytes', 'proto=tcp');
    expect(stdout).toMatch(/^SRC\/24 +PROTO +BYTES +SHARE\n[\d.]+\/24 +tcp +[\d,]+ +\d+\.\d%\n/);
    expect(stdout).toMatch(/ groups, \d+ flows, \S+ bytes\n$/);
    expect((await top('--by', 'port', '-k', '1')).stdout).toMatch(/^PROTO +DPORT +FLOWS +SHARE\n(tcp|udp) +\d+ +\d+/);
  });

  it('counts distinct values, and ranks by them', async () => {
    const { stdout } = await top('--by', 'src', '--distinct', 'dport', '-k', '1');
    expect(stdout).toMatch(/^SRC +DISTINCT DPORT +SHARE\n/);
    expect((await top('--by', 'src', '--distinct', 'dport', '--metric', 'flows', '-k', '1')).stdout).toMatch(
      /^SRC +FLOWS +SHARE +DISTINCT DPORT\n/,
    );
  });

  it('-o json prints the whole result, and -o ndjson its groups', async () => {
    const whole = JSON.parse((await top('--by', 'proto', '-o', 'json')).stdout);
    expect(whole).toMatchObject({ by: 'proto', metric: 'flows', matched: 68, approximate: false });
    const groups = (await top('--by', 'proto', '-o', 'ndjson')).stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(groups).toEqual(whole.items);
  });

  it.each([
    [['-o', 'xml'], /unknown output format 'xml' for top\. Formats: text, json, ndjson/],
    [['--metric', 'size'], /unknown metric 'size'/],
    [['--by', 'sorce'], /cannot group by 'sorce'/],
    [['-k', 'many'], /--limit: must be a number/],
    [['--interval', '2'], /--interval is for the live view/],
    [['dprot=1'], /unknown field 'dprot'/],
  ])('%j is refused', async (argv, message) => {
    const { code, stdout, stderr } = await top(...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});
