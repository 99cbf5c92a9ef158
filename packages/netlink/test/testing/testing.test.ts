import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Flow } from '@conntrack/flow';
import { expect, test } from 'vitest';
import { Conntrack } from '../../src/index.js';
import { traced } from '../../src/socket/trace.js';
import { type Answer, acknowledgement, done, entry, refusal, scriptedKernel } from '../../src/testing/index.js';
import { collect, failure, ref, tcp } from '../support.js';

const flow: Flow = {
  id: 7,
  key: 'ct1.AQAAAgYBAQEBAgICAgABAAIAAAAH',
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  original: { src: '1.1.1.1', dst: '2.2.2.2', sport: 1, dport: 2 },
  reply: { src: '2.2.2.2', dst: '1.1.1.1', sport: 2, dport: 1 },
  mark: 1,
};

const open = (script: Parameters<typeof scriptedKernel>[0]) => {
  const kernel = scriptedKernel(script);
  return { kernel, conntrack: Conntrack.open({ native: kernel.native }) };
};

test('a scripted kernel answers a dump, a look-up and a change', async () => {
  const { kernel, conntrack } = open(({ text }): Answer[] =>
    text.includes('0x300')
      ? [entry(flow), entry(flow), done()]
      : text.startsWith('CT_GET')
        ? [entry(flow)]
        : [acknowledgement()],
  );
  expect(await collect(conntrack.list())).toEqual([flow, flow]);
  expect(await conntrack.get(flow)).toEqual(flow);
  await conntrack.delete(flow);
  expect(kernel.requests.at(-1)!.text).toBe(
    'CT_DELETE seq=3 REQUEST|ACK family=2 version=1 CTA_TUPLE_REPLY{CTA_TUPLE_IP{CTA_IP_V4_SRC=2.2.2.2 CTA_IP_V4_DST=1.1.1.1} CTA_TUPLE_PROTO{CTA_PROTO_NUM=6 CTA_PROTO_SRC_PORT=2 CTA_PROTO_DST_PORT=1}} CTA_ID=7',
  );
  conntrack.close();
});

test("a refusal has the kernel's own sentence, or ours", async () => {
  const { conntrack } = open(({ text }) => [
    text.includes('GET_STATS') ? refusal(1) : refusal(95, 'Not this time', 44),
  ]);
  expect((await failure(conntrack.count())).message).toContain('CAP_NET_ADMIN');
  const error = await failure(conntrack.create(tcp(1)));
  expect(error).toMatchObject({ code: 'EOPNOTSUPP', errno: 95, kernelMessage: 'Not this time', offset: 44 });
  expect(error.message).toContain('Not this time');
  // EINVAL for the simplest request too: the kernel has no connection tracking over netlink.
  expect((await failure(open(() => [refusal(22)]).conntrack.update(ref(tcp(1)), { mark: 1 }))).code).toBe(
    'MODULE_MISSING',
  );
  for (const errno of [1, 2, 5, 12, 13, 16, 17, 28, 95, 105, 110, 999])
    expect((await failure(open(() => [refusal(errno)]).conntrack.update(ref(tcp(1)), { mark: 1 }))).message).toMatch(
      /^update failed: .{10,} \(E\w+\)$/,
    );
});

test('the error of a creation names the modules that the kernel may lack', async () => {
  const { conntrack } = open(() => [refusal(95)]);
  const nat = { src: { address: '198.51.100.1' } };
  const said = async (more: object, replace = false) =>
    (await failure(conntrack.create(tcp(1, more), { replace, drops: 'allow' }))).message;
  expect(await said({ nat })).toBe(
    'create failed: the kernel does not support address translation (module not loaded?) (EOPNOTSUPP). To load it: modprobe nf_nat',
  );
  expect(await said({ nat, helper: 'ftp' })).toMatch(
    /the helper ftp is missing for tcp, or .* modprobe nf_conntrack_ftp; modprobe nf_nat$/,
  );
  expect(await said({ nat }, true)).toContain('the entry exists: a helper or an address translation cannot be added');
  expect(await said({}, true)).toContain('`replace` cannot add');
});

test('a dump can fail at its beginning and at its end', async () => {
  for (const answers of [[refusal(1)], [entry(flow), refusal(1)]])
    expect((await failure(collect(open(() => answers).conntrack.list()))).code).toBe('EPERM');
});

test('truncated answers are MALFORMED', async () => {
  const { conntrack } = open(() => [() => new Uint8Array([1, 2, 3])]);
  expect((await failure(conntrack.count())).code).toBe('MALFORMED');
  expect((await failure(collect(conntrack.list()))).code).toBe('MALFORMED');
});

test('a missing answer is a timeout', async () => {
  expect((await failure(open(() => []).conntrack.count())).code).toBe('ETIMEDOUT');
});

test('answers and events that are as long as the kernel’s come in datagrams that fit', async () => {
  const { kernel, conntrack } = open(() => [...Array.from({ length: 3000 }, () => entry(flow)), done()]);
  expect(await collect(conntrack.list())).toHaveLength(3000);
  const events = conntrack.events();
  kernel.emit(...Array.from({ length: 3000 }, () => ({ type: 'new' as const, flow })));
  let seen = 0;
  for await (const { type } of events) if (type === 'new' && ++seen === 3000) break;
  expect(events.counters).toMatchObject({ received: 3000, gaps: 0 });
});

test('a scripted kernel sends events, and a gap', async () => {
  const { kernel, conntrack } = open(() => [done()]);
  const events = conntrack.events();
  kernel.emit({ type: 'new', flow }, { type: 'destroy', flow });
  kernel.overflow();
  const types: string[] = [];
  for await (const { type } of events) if (types.push(type) === 3) break;
  expect(types).toEqual(['new', 'destroy', 'gap']);
  expect(events.counters).toMatchObject({ received: 2, gaps: 1, unknown: 0 });
});

test('attributes of a newer kernel are kept and counted', async () => {
  const { kernel, conntrack } = open(() => [done()]);
  const events = conntrack.events();
  kernel.emit({ type: 'new', flow: { ...flow, unknown: { 77: 'abcd' } } });
  for await (const item of events) {
    expect(item).toMatchObject({ flow: { unknown: { 77: 'abcd' } } });
    break;
  }
  expect(events.counters.unknown).toBe(1);
});

test('a flush by a condition that this kernel is not proven to apply is refused', async () => {
  const { kernel, conntrack } = open(() => [acknowledgement()]);
  expect((await failure(conntrack.flush({ zone: 1 }))).code).toBe('NOT_ENCODABLE');
  expect(kernel.requests).toEqual([]);
  expect(await conntrack.capabilities()).toMatchObject({ proven: false });
});

test('messages are decoded line by line', async () => {
  const lines: string[] = [];
  const kernel = scriptedKernel(({ text }) => (text.startsWith('CT_GET ') ? [entry(flow), done()] : [refusal(2)]));
  const conntrack = Conntrack.open({ native: traced(kernel.native, line => lines.push(line)) });
  await collect(conntrack.list());
  await failure(conntrack.delete(flow));
  expect(lines.map(line => line.replace(/^netlink \d+ /, '').slice(0, 34))).toEqual([
    '-> CT_GET seq=1 REQUEST|0x300 fami',
    '<- CT_NEW seq=1 MULTI family=2 ver',
    '<- DONE seq=1 MULTI',
    '-> CT_DELETE seq=2 REQUEST|ACK fam',
    '<- ERROR 2 seq=2 0x100',
  ]);
});

test('CONNTRACK_DEBUG=netlink, and nothing else, prints messages on standard error', () => {
  const program = `
    import { Conntrack } from '@conntrack/netlink';
    import { done, scriptedKernel } from '@conntrack/netlink/testing';
    const conntrack = Conntrack.open({ native: scriptedKernel(() => [done()]).native });
    for await (const _ of conntrack.list());`;
  const node = ['--conditions=@conntrack/source', '--import', 'tsx', '--input-type=module', '-e', program];
  const traffic = (CONNTRACK_DEBUG: string): string[] => {
    const { stdout, stderr, status } = spawnSync(process.execPath, node, {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      encoding: 'utf8',
      env: { ...process.env, CONNTRACK_DEBUG },
    });
    expect([status, stdout]).toEqual([0, '']);
    return stderr.split('\n').map(line => line.replace(/^netlink \d+/, 'netlink'));
  };
  const expected = ['netlink -> CT_GET seq=1 REQUEST|0x300 family=0 version=1', 'netlink <- DONE seq=1 MULTI', ''];
  expect(traffic('netlink')).toEqual(expected);
  expect(traffic('other,netlink')).toEqual(expected);
  expect(traffic('netlinks')).toEqual(['']);
});

test('what could not be probed is probed again at the next call', async () => {
  const { native } = scriptedKernel(() => [acknowledgement()]);
  let tried = 0;
  const createNetns = async (): Promise<number> => {
    if (++tried === 1) return -24;
    throw new Error('thrown inside');
  };
  const conntrack = Conntrack.open({ native: { ...native, createNetns } });
  expect((await failure(conntrack.flush({ zone: 1 }))).code).toBe('NOT_ENCODABLE');
  await expect(conntrack.flush({ zone: 1 })).rejects.toThrow('thrown inside');
  await expect(conntrack.capabilities()).rejects.toThrow('thrown inside');
  expect(tried).toBe(3);
});
