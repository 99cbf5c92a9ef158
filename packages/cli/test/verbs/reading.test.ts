import { Readable } from 'node:stream';
import { FIELDS } from '@conntrack/filter';
import { describe, expect, it } from 'vitest';
import { examplesOf } from '../../src/options/field-examples.js';
import { SAMPLE } from '../../src/sample.js';
import { ctctl } from '../ctctl.js';
import { onTerminal } from '../pty.js';

const source = ['--source', `file:${SAMPLE}`];

describe('ctctl lookup', () => {
  it.each([
    ['203.0.113.7:40187', '192.0.2.21:40187 is behind 203.0.113.7:40187, connected to 198.51.100.53:53 (udp)\n'],
    [
      '[2001:db8:10::11]:52882',
      '[2001:db8:10::11]:52882 is itself the source, connected to [2001:db8:f00::80]:443 (tcp ESTABLISHED)\n',
    ],
    [
      '2001:0DB8:10:0::11',
      expect.stringContaining(
        '[2001:db8:10::11]:52882 is itself the source, connected to [2001:db8:f00::80]:443 (tcp ESTABLISHED)\n',
      ),
    ],
    [
      '203.0.113.7:443',
      expect.stringContaining('192.0.2.80:8443 is behind 203.0.113.7:443, used by 198.51.100.185:42753'),
    ],
    [
      '192.0.2.80:8443',
      expect.stringContaining('192.0.2.80:8443 is reached as 203.0.113.7:443 by 198.51.100.139:38919'),
    ],
    [
      '192.0.2.21:40187',
      '192.0.2.21:40187 is itself the source, seen as 203.0.113.7:40187, connected to 198.51.100.53:53 (udp)\n',
    ],
    ['192.0.2.80:5432', expect.stringContaining('192.0.2.80:5432 is itself the destination, used by 192.0.2.11:40001')],
  ])('lookup %s says who is there', async (place, said) =>
    expect(await ctctl(['lookup', place, ...source])).toEqual({ code: 0, stdout: said, stderr: '' }),
  );

  it('a protocol limits the answer, and formats show the entries', async () => {
    expect((await ctctl(['lookup', '203.0.113.7:40187', 'tcp', ...source])).code).toBe(3);
    expect((await ctctl(['lookup', '203.0.113.7:40187', 'udp', ...source])).code).toBe(0);
    const { stdout } = await ctctl(['lookup', '203.0.113.7:40187', '-o', 'ndjson', ...source]);
    expect(JSON.parse(stdout)).toMatchObject({ original: { src: '192.0.2.21' } });
    expect((await ctctl(['lookup', '203.0.113.7', '--limit', '2', ...source])).stdout.split('\n')).toHaveLength(3);
  });

  it('nobody at an address is exit code 3', async () =>
    expect(await ctctl(['lookup', '203.0.113.7:1', ...source])).toEqual({
      code: 3,
      stdout: '',
      stderr: 'no connection uses 203.0.113.7:1\n',
    }));

  it.each(['203.0.113', '203.0.113.7:70000', 'host:80', '[::1', '::1:x', ''])(
    "'%s' is not an address with a port",
    async place => {
      const { code, stderr } = await ctctl(['lookup', place, ...source]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^ctctl: lookup: must be an address with a port/)]);
    },
  );

  it('a list for a translated address without entries tells a person about lookup', async () => {
    const argv = ['list', 'dst=203.0.113.7', 'dport=40187', ...source];
    expect((await ctctl(argv, { terminal: true })).stderr).toBe(
      'to find who is behind a translated address: ctctl lookup 203.0.113.7:40187\n',
    );
    expect((await ctctl(argv)).stderr).toBe('');
    expect((await ctctl(['list', 'dst=::5', ...source], { terminal: true })).stderr).toContain('ctctl lookup ::5\n');
    expect((await ctctl(['list', 'proto=dccp', ...source], { terminal: true })).stderr).toBe('');
  });
});

describe('ctctl count --by', () => {
  it('the number for each value is a table, JSON or CSV', async () => {
    const by = ['count', '--by', 'src/24,dport', '--limit', '2', ...source];
    expect((await ctctl(by)).stdout).toBe(
      'FLOWS  SRC/24        DPORT\n   15  192.0.2.0/24  443\n    7  192.0.2.0/24  53\n',
    );
    expect((await ctctl([...by, '-o', 'csv'])).stdout).toBe(
      'flows,src/24,dport\r\n15,192.0.2.0/24,443\r\n7,192.0.2.0/24,53\r\n',
    );
    const { matched, items } = JSON.parse((await ctctl([...by, '-o', 'json'])).stdout);
    expect([matched, items[0]]).toMatchObject([68, { value: 15, values: { dport: 443 } }]);
  });

  it('a value with a comma is one cell of CSV, and one with spaces or control characters is one cell', async () => {
    const flow = { family: 'ipv4', protonum: 17, protocol: 'udp', original: { src: '10.0.0.1', dst: '10.0.0.2' } };
    const line = JSON.stringify({
      ...flow,
      reply: flow.original,
      helper: 'a b\u001b[2J',
      status: ['SEEN_REPLY', 'ASSURED'],
    });
    const by = async (...argv: string[]): Promise<string> => {
      const stdin = Readable.from([`${line}\n`]);
      return (await ctctl([...argv, '--by', 'status,helper', '--source', 'memory:-'], { stdin })).stdout;
    };
    expect(await by('count', '-o', 'csv')).toBe('flows,status,helper\r\n1,"SEEN_REPLY,ASSURED",a b\\x1b[2j\r\n');
    expect(await by('count')).toBe('FLOWS  STATUS              HELPER\n    1  SEEN_REPLY,ASSURED  a b\\x1b[2j\n');
    expect(await by('top')).toBe(
      'STATUS              HELPER      FLOWS   SHARE\nSEEN_REPLY,ASSURED  a b\\x1b[2j      1  100.0%\n1 groups, 1 flows\n',
    );
  });

  it('a filter and a field that cannot be grouped by are respected', async () => {
    expect((await ctctl(['count', '--by', 'proto', 'proto=udp,icmp', ...source])).stdout).toBe(
      'FLOWS  PROTO\n   17  udp\n    3  icmp\n',
    );
    expect((await ctctl(['count', '--by', 'nonsense', ...source])).code).toBe(2);
    expect((await ctctl(['count', '--by', 'src', '-o', 'xml', ...source])).stderr).toContain(
      'must be table, json or csv',
    );
  });
});

describe('ctctl explain', () => {
  it('a filter is explained without a table', async () => {
    const { code, stdout } = await ctctl(['explain', 'proto=tcp', 'bytes>1M', 'dst=192.0.2.1']);
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'matches     all of:',
        '              proto (layer 4 protocol, by name or number) is tcp',
        '              bytes (bytes of both directions) > 1M',
        '              dst (destination address, original direction) is 192.0.2.1',
        'query       proto=tcp&bytes.gt=1M&dst=192.0.2.1',
        'expression  proto == tcp and bytes > 1M and dst == 192.0.2.1',
        'needs       accounting: sysctl net.netfilter.nf_conntrack_acct=1',
        'kernel      returns only entries with',
        '              family=ipv4 protonum=6 original.dst=192.0.2.1',
        '            and ctctl compares them with the whole filter',
        '',
      ].join('\n'),
    );
  });

  it('the part of the kernel can be nothing, or a look-up', async () => {
    expect((await ctctl(['explain', 'state=ESTABLISHED'])).stdout).toContain('kernel      returns every entry');
    const tuple = ['explain', 'proto=tcp', 'src=192.0.2.1', 'dst=192.0.2.2', 'sport=1', 'dport=2', 'zone=0'];
    expect((await ctctl(tuple)).stdout).toContain('kernel      looks up one tuple');
    const { query, plan } = JSON.parse((await ctctl(['explain', 'mark=1', '-o', 'json'])).stdout);
    expect([query, plan.kind]).toEqual(['mark=0x1', 'dumps']);
  });
});

describe('ctctl fields', () => {
  it('all fields are listed with a summary', async () => {
    const { stdout } = await ctctl(['fields']);
    for (const { name } of FIELDS) expect(stdout).toMatch(new RegExp(`^${name.replaceAll('.', '\\.')} +\\S`, 'm'));
  });

  it('one field is described with aliases, operators, values and examples', async () => {
    expect((await ctctl(['fields', 'orig-port-dst'])).stdout).toMatch(
      /^dport: destination port.*\n {2}aliases .*orig-port-dst.*\n {2}operators {2}= {2}!= {2}> {2}>= {2}< {2}<= .*\n/,
    );
    expect((await ctctl(['fields', 'bytes'])).stdout).toContain('needs      accounting (sysctl');
    expect((await ctctl(['fields', 'nonsense'])).stderr).toContain(
      "unknown field 'nonsense'. All fields: ctctl fields",
    );
    expect(JSON.parse((await ctctl(['fields', '-o', 'json'])).stdout)).toHaveLength(FIELDS.length);
  });

  it.each(FIELDS.map(field => [field.name, examplesOf(field)] as const))(
    'the examples of %s are valid filters',
    async (_, examples) => {
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples)
        expect(await ctctl(['explain', example.replaceAll("'", '')])).toMatchObject({ code: 0, stderr: '' });
    },
  );
});

describe('ctctl get', () => {
  it('an entry is a block of fields on a terminal, and a line in a pipe', async () => {
    const key = (await ctctl(['list', 'sport=40187', '-o', 'name', ...source])).stdout.trim();
    const { stdout } = await ctctl(['get', key, '-o', 'block', ...source]);
    await expect(stdout).toMatchFileSnapshot('../output/golden/get-block.txt');
    expect((await ctctl(['get', key, ...source])).stdout).toMatch(/^udp +17 /);
    const env = { NO_COLOR: '1', LANG: 'C' };
    expect(onTerminal(['get', key, ...source], { env })).toEqual({ code: 0, text: stdout });
  });
});
