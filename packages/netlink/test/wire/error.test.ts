import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Conntrack } from '../../src/index.js';
import { native } from '../../src/socket/native.js';
import { Requester } from '../../src/socket/request.js';
import { openSocket } from '../../src/socket/socket.js';
import { scriptedKernel } from '../../src/testing/index.js';
import * as U from '../../src/wire/uapi.js';
import { MessageWriter } from '../../src/wire/writer.js';
import { collect, failure, privateTable, ref, tcp } from '../support.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('status bits that are the kernel’s own', () => {
  test.for(['DYING', 'EXPECTED'] as const)(
    'an update of %s fails with EBUSY, which names it, alone and in a batch',
    async (bit, context) => {
      const conntrack = privateTable(context);
      await conntrack.create(tcp(1));
      const error = await failure(conntrack.update(ref(tcp(1)), { status: ['ASSURED', bit] }));
      expect(error).toMatchObject({ code: 'EBUSY', errno: 16, operation: 'update' });
      expect(error.message).toBe(`update failed: the status bit ${bit} can be set by the kernel only (EBUSY)`);
      const [outcome] = await collect(conntrack.updateMany([ref(tcp(1))], { status: [bit] }));
      expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'EBUSY', message: error.message } });
    },
  );
});

test('the extended acknowledgement has the kernel’s own sentence, and the offset of the fault', context => {
  const { netns } = privateTable(context);
  const requester = new Requester(native(), openSocket(native(), netns));
  context.onTestFinished(() => requester.close());
  const writer = new MessageWriter();
  writer.begin(U.NFNL_SUBSYS_CTNETLINK, U.IPCTNL_MSG_CT_DELETE, U.NLM_F_REQUEST | U.NLM_F_ACK, 1, 2);
  // A mark of two bytes violates the kernel's policy. Only policy failures have a text.
  writer.u16(U.CTA_MARK, 1).end();
  expect(() => requester.ask(writer.bytes(), 1, 'delete')).toThrow(
    expect.objectContaining({
      code: 'ERANGE',
      kernelMessage: expect.stringMatching(/attribute/i),
      message: expect.stringMatching(/^delete failed: .*attribute.* \(ERANGE\)$/i),
      offset: 20,
    }),
  );
});

test('if the kernel has no netfilter netlink, the error names the module', () => {
  const EPROTONOSUPPORT = 93;
  const without = { ...scriptedKernel(() => []).native, socket: () => -EPROTONOSUPPORT };
  expect(() => Conntrack.open({ native: without })).toThrow(
    expect.objectContaining({
      code: 'MODULE_MISSING',
      errno: EPROTONOSUPPORT,
      message:
        'open failed: this kernel has no connection tracking over netlink. Load its module: modprobe nf_conntrack_netlink',
    }),
  );
});

describe('without CAP_NET_ADMIN', () => {
  const program = `
    import { Conntrack } from '@conntrack/netlink';
    const conntrack = Conntrack.open();
    const ref = { family: 'ipv4', protonum: 17, original: { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 2 } };
    const drain = async items => { for await (const _ of items); };
    const operations = {
      count: () => conntrack.count(),
      dump: () => drain(conntrack.list()),
      get: () => conntrack.get(ref),
      create: () => conntrack.create({ ...ref, timeout: 1 }),
      delete: () => conntrack.delete(ref),
      update: () => conntrack.update(ref, { mark: 1 }),
      flush: () => conntrack.flush({ all: true }),
      stats: () => conntrack.cpuStats(),
      dumpExpectations: () => drain(conntrack.expectations.list()),
      flushExpectations: () => conntrack.expectations.flush({ all: true }),
      events: () => drain(conntrack.events()),
    };
    for (const [name, operation] of Object.entries(operations))
      try {
        await operation();
        console.log(name, 'was allowed');
      } catch (error) {
        console.log(name, error.name, error.code, error.operation, error.message.includes('CAP_NET_ADMIN'));
      }
    for await (const outcome of conntrack.deleteMany([ref])) console.log('batch', outcome.outcome, outcome.error.code);
    console.log('capabilities', (await conntrack.capabilities()).proven);
  `;
  // All operations run in a child process, because the privilege belongs to the process.
  test('without CAP_NET_ADMIN every operation is refused, and the error says what is missing', context => {
    const { netns } = privateTable(context);
    const node = ['--conditions=@conntrack/source', '--import', 'tsx', '--input-type=module', '-e', program];
    const dropped = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all', process.execPath];
    const { stdout, stderr, status } = spawnSync(
      'nsenter',
      [`--net=/proc/${process.pid}/fd/${netns}`, ...dropped, ...node],
      { cwd: root, encoding: 'utf8' },
    );
    if (status === 127 || /setpriv/.test(stderr))
      context.skip(`setpriv(1) cannot drop capabilities here: ${stderr.trim()}`);
    expect(stderr).toBe('');
    const lines = stdout.trim().split('\n');
    expect(lines.slice(0, -2)).toEqual(
      [
        'count',
        'dump',
        'get',
        'create',
        'delete',
        'update',
        'flush',
        'stats',
        'dumpExpectations',
        'flushExpectations',
        'events',
      ].map(name => `${name} NetlinkError EPERM ${name} true`),
    );
    expect(lines.slice(-2)).toEqual(['batch failed EPERM', 'capabilities false']);
  });
});

test('all refusals of many windows are reported', async context => {
  const conntrack = privateTable(context);
  const refs = Array.from({ length: 3000 }, (_, port) => ref(tcp(port)));
  const outcomes = await collect(conntrack.deleteMany(refs));
  expect(outcomes).toHaveLength(3000);
  expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['gone']));
});
