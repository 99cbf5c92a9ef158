import { expect, type TestContext, test } from 'vitest';
import type { Conntrack, EventItem, NewExpectation } from '../../src/index.js';
import { collect, failure, privateTable, ref, tcp } from '../support.js';

const master = tcp(21, { helper: 'ftp', original: { src: '10.0.0.1', dst: '10.0.0.2', sport: 1000, dport: 21 } });

const expected = (dport: number): NewExpectation => ({
  family: 'ipv4',
  protonum: 6,
  master: master.original,
  tuple: { src: '10.0.0.1', dst: '10.0.0.2', sport: 0, dport },
  mask: { src: '255.255.255.255', dst: '255.255.255.255', sport: 0, dport: 65535 },
  timeout: 100,
  class: 0,
  helper: 'ftp',
});

async function createMaster(context: TestContext, conntrack: Conntrack): Promise<void> {
  try {
    await conntrack.create(master);
  } catch (error) {
    context.skip(`this kernel has no FTP helper: ${(error as Error).message}`);
  }
}

async function withHelper(context: TestContext): Promise<Conntrack> {
  const conntrack = privateTable(context);
  await createMaster(context, conntrack);
  return conntrack;
}

test('expectations are created, listed, found and deleted', async context => {
  const conntrack = await withHelper(context);
  const { expectations } = conntrack;
  await expectations.create(expected(4000));
  const [one] = await collect(expectations.list());
  const { timeout: _, ...rest } = expected(4000);
  expect(one).toMatchObject({ ...rest, protocol: 'tcp', helper: 'ftp' });
  expect(one!.timeout).toBeGreaterThan(0);
  expect(await expectations.get(one!)).toMatchObject({ id: one!.id });
  expect(await collect(expectations.list({ master: ref(master) }))).toHaveLength(1);
  expect((await failure(expectations.delete({ ...one!, id: (one!.id! ^ 1) >>> 0 }))).code).toBe('ENOENT');
  await expectations.delete(one!);
  expect(await expectations.get(one!)).toBeUndefined();
});

test('every attribute that the kernel accepts is read back', async context => {
  const conntrack = privateTable(context);
  const zoned = { ...master, zone: 7 };
  try {
    await conntrack.create(zoned);
  } catch (error) {
    context.skip(`this kernel has no FTP helper: ${(error as Error).message}`);
  }
  const whole: NewExpectation = {
    ...expected(4000),
    zone: 7,
    flags: ['PERMANENT'],
    nat: { direction: 'reply', tuple: { src: '192.0.2.9', dst: '0.0.0.0', sport: 4001, dport: 0 } },
    fn: 'nat-follow-master',
  };
  await conntrack.expectations.create(whole);
  const [one] = await collect(conntrack.expectations.list());
  // The zone is required in requests, but the kernel does not return it (6.18).
  const { timeout: _, zone, ...rest } = whole;
  expect(one).toMatchObject(rest);
  expect(one).not.toHaveProperty('unknown');
  expect((await conntrack.expectations.get({ ...one!, zone: zone! }))?.id).toBe(one!.id);
  expect(await conntrack.expectations.get({ ...one!, zone: 8 })).toBeUndefined();
  expect((await failure(conntrack.expectations.delete({ ...one!, zone: 8 }))).code).toBe('ENOENT');
  await conntrack.expectations.delete({ ...one!, zone: 7 });
  expect(await collect(conntrack.expectations.list())).toEqual([]);
});

test('expectations are flushed by helper, or all of them after confirmation', async context => {
  const conntrack = await withHelper(context);
  const { expectations } = conntrack;
  await expectations.create(expected(4000));
  expect((await failure(expectations.flush({} as never))).code).toBe('NOT_ENCODABLE');
  for (const scope of [{ all: true, helper: 'sip' }, { helper: 'ftp', zone: 1 }, { helper: '' }] as never[])
    expect((await failure(expectations.flush(scope))).code).toBe('NOT_ENCODABLE');
  await expectations.flush({ helper: 'sip' });
  expect(await collect(expectations.list())).toHaveLength(1);
  await expectations.flush({ helper: 'ftp' });
  expect(await collect(expectations.list())).toHaveLength(0);
  await expectations.create(expected(4000));
  await expectations.flush({ all: true });
  expect(await collect(expectations.list())).toHaveLength(0);
});

test('a delete of an expectation without a tuple cannot be written', async context => {
  const conntrack = await withHelper(context);
  await conntrack.expectations.create(expected(4000));
  const broken = { family: 'ipv4', protonum: 6, id: 1 } as never;
  expect((await failure(conntrack.expectations.delete(broken))).code).toBe('TUPLE_INCOMPLETE');
  expect(await collect(conntrack.expectations.list())).toHaveLength(1);
});

test('events of expectations are received', async context => {
  const conntrack = privateTable(context);
  // Before the master: whether its expectations send events depends on who listened when it was created.
  const events = conntrack.events({ flows: [], expectations: ['new', 'destroy'], buffer: 1000 });
  await createMaster(context, conntrack);
  await conntrack.expectations.create(expected(4000));
  await conntrack.expectations.flush({ all: true });
  const items: EventItem[] = [];
  for await (const item of events) if (items.push(item) === 2) break;
  expect(items).toMatchObject([
    { type: 'new', expectation: { tuple: { dport: 4000 } } },
    { type: 'destroy', expectation: { tuple: { dport: 4000 } } },
  ]);
});

test('an expectation with another helper than its master is refused, and nothing is created', async context => {
  const { expectations } = await withHelper(context);
  const refused = await failure(expectations.create({ ...expected(4000), helper: 'tftp' }));
  expect(refused).toMatchObject({
    code: 'NOT_ENCODABLE',
    operation: 'createExpectation',
    message:
      'the master has the helper ftp, so its expectations cannot have the helper tftp. Omit helper, or name that of the master',
  });
  expect(await collect(expectations.list())).toEqual([]);
});

test('an expectation of a master without a helper is refused, and the error says what to do', async context => {
  const conntrack = privateTable(context);
  await conntrack.create(tcp(1));
  const { code, message } = await failure(
    conntrack.expectations.create({ ...expected(4000), master: tcp(1).original }),
  );
  expect([code, message]).toEqual([
    'EOPNOTSUPP',
    'creation of an expectation failed: the master has no helper: create it with one (EOPNOTSUPP)',
  ]);
});

test('refusals of expectations are explained', async context => {
  const conntrack = privateTable(context);
  const error = await failure(conntrack.expectations.create(expected(1)));
  expect(error).toMatchObject({ operation: 'createExpectation', code: 'ENOENT' });
  expect(error.message).toContain('master');
});
