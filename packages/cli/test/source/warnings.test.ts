import { Namespace } from '@conntrack/lab';
import { describe, expect, it } from 'vitest';
import { ctctl } from '../ctctl.js';

function unavailable(): string | undefined {
  try {
    Namespace.create().close();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const reason = unavailable();
const TUPLE = ['-s', '192.0.2.80', '-d', '198.51.100.77', '--sport', '1', '--dport', '200'];

describe.skipIf(reason)(`flow properties that the kernel drops${reason === undefined ? '' : ` (${reason})`}`, () => {
  const inside = async (use: (run: (...argv: string[]) => ReturnType<typeof ctctl>) => Promise<void>) => {
    const namespace = Namespace.create();
    try {
      await use((...argv) => ctctl([...argv, '--netns', `/proc/self/fd/${namespace.fd}`]));
    } finally {
      namespace.close();
    }
  };

  it('labels that were not set are a warning on standard error', async () => {
    await inside(async run => {
      const { code, stdout, stderr } = await run(
        'create',
        '-p',
        'udp',
        '-t',
        '60',
        ...TUPLE,
        '-l',
        '5',
        '-o',
        'ndjson',
      );
      expect([code, stderr]).toEqual([
        0,
        'warning: label 5 was not set: the kernel stores labels only while a firewall rule uses them\n',
      ]);
      expect(JSON.parse(stdout)).not.toHaveProperty('labels');
      expect(JSON.parse(stdout)).not.toHaveProperty('warnings');
    });
  });

  it('status bits, timeouts, ports and helpers that the kernel would drop are rejected', async () => {
    await inside(async run => {
      expect((await run('create', '-p', 'udp', '-t', '60', ...TUPLE)).code).toBe(0);
      for (const bit of ['SRC_NAT', 'OFFLOAD', 'TEMPLATE', 'HELPER'])
        expect(await run('update', 'dport=200', '-u', bit)).toMatchObject({
          code: 1,
          stderr: expect.stringContaining(`status ${bit} cannot be set`),
        });
      for (const more of [[], ['--dry-run']])
        expect(await run('update', 'dport=200', '-t', '4294967295', ...more)).toMatchObject({
          code: 1,
          stderr: expect.stringMatching(/timeout 4294967295 is too long: this kernel keeps at most \d+ seconds/),
        });
      expect(
        (await run('create', '-p', 'tcp', '-t', '60', '--state', 'ESTABLISHED', ...TUPLE, '--helper', 'nosuch')).stderr,
      ).toContain('the helper nosuch is missing for tcp (module not loaded?)');
    });
  });
});

describe('network namespaces', () => {
  it('a network namespace that does not exist is an error of the command line', async () => {
    for (const [netns, message] of [
      ['nosuch', "network namespace 'nosuch' not found"],
      ['/etc/passwd', "'/etc/passwd' is not a network namespace"],
    ] as const) {
      const { code, stderr } = await ctctl(['count', '--netns', netns]);
      expect([code, stderr.startsWith(`ctctl: ${message}`)]).toEqual([2, true]);
    }
  });

  it('a network namespace is rejected for a source without one', async () => {
    for (const source of ['procfs', 'memory', 'file:/etc/passwd']) {
      const { code, stderr } = await ctctl(['count', '--source', source, '--netns', 'nosuch']);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^ctctl: .*network namespace/)]);
    }
  });
});
