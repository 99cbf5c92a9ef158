// Modules that a host may lack. The tests unload them and prevent the kernel from loading them again, so they run only on a machine that
// nothing else uses (`pnpm run test:kernels`).
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Conntrack } from '../../src/index.js';
import { native } from '../../src/socket/native.js';
import { collect, failure, privateTable, tcp } from '../support.js';

const LOADER = '/proc/sys/kernel/modprobe';
let loader = '';

const modprobe = (...argv: string[]): void => {
  const { status, stderr } = spawnSync('modprobe', argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`modprobe ${argv.join(' ')}: ${stderr}`);
};

beforeEach(context => {
  if (process.env.CONNTRACK_DISPOSABLE_MACHINE === undefined)
    context.skip('unloads kernel modules: only on the emulated machines of pnpm run test:kernels');
  loader = readFileSync(LOADER, 'utf8').trim();
});
afterEach(() => {
  if (loader === '') return;
  writeFileSync(LOADER, loader);
  for (const module of ['nf_conntrack_netlink', 'nf_nat', 'nf_conntrack_ftp']) modprobe(module);
});

/** Unloads these modules, and prevents the kernel from loading them. */
function without(...modules: string[]): void {
  writeFileSync(LOADER, '/bin/false');
  modprobe('-r', ...modules);
}

const nat = { src: { address: '198.51.100.1' } };

test('without nf_conntrack_netlink every error names it, for events too', async context => {
  const conntrack = privateTable(context);
  without('nf_conntrack_netlink');
  const ways: Record<string, () => Promise<unknown>> = {
    count: () => conntrack.count(),
    list: () => collect(conntrack.list()),
    create: () => conntrack.create(tcp(1)),
    flush: () => conntrack.flush({ all: true }),
    stats: () => conntrack.cpuStats(),
    expectations: () => collect(conntrack.expectations.list()),
    events: async () => conntrack.events(),
  };
  for (const [name, way] of Object.entries(ways)) {
    const { code, message } = await failure(way());
    expect([name, code]).toEqual([name, 'MODULE_MISSING']);
    expect(message).toMatch(/Load its module: modprobe nf_conntrack_netlink$/);
  }
  modprobe('nf_conntrack_netlink');
  expect(await conntrack.count()).toMatchObject({ count: 0 });
});

test('without nfnetlink no socket can be opened, and the error names nf_conntrack_netlink', async () => {
  const netns = native().createNetnsSync();
  without('nf_conntrack_netlink');
  // It is unloaded with the last module that needs it; modprobe then complains that it is missing.
  spawnSync('modprobe', ['-r', '--remove-holders', 'nfnetlink']);
  expect(existsSync('/sys/module/nfnetlink')).toBe(false);
  expect(() => Conntrack.open({ netns })).toThrow(
    expect.objectContaining({
      code: 'MODULE_MISSING',
      operation: 'open',
      errno: 93,
      message: expect.stringMatching(/Load its module: modprobe nf_conntrack_netlink$/),
    }),
  );
  modprobe('nf_conntrack_netlink');
  await using conntrack = Conntrack.open({ netns });
  expect(await conntrack.count()).toMatchObject({ count: 0 });
  native().close(netns);
});

test('without nf_nat the error of a creation with NAT names it; with it, or if the kernel may load it, the creation succeeds', async context => {
  const conntrack = privateTable(context);
  without('nft_chain_nat', 'nf_nat');
  const refused = await failure(conntrack.create(tcp(1, { nat })));
  expect(refused.code).toBe('EOPNOTSUPP');
  expect(refused.message).toContain('modprobe nf_nat');
  expect(await conntrack.count()).toMatchObject({ count: 0 });
  await conntrack.create(tcp(2));
  // The kernel loads the module itself.
  writeFileSync(LOADER, loader);
  await conntrack.create(tcp(1, { nat }));
  expect((await conntrack.get({ family: 'ipv4', protonum: 6, original: tcp(1).original }))?.reply.dst).toBe(
    '198.51.100.1',
  );
});

test('without the module of a helper, the error of a creation with it names the module', async context => {
  const conntrack = privateTable(context);
  const master = tcp(1, { original: { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 21 }, helper: 'ftp' });
  without('nf_conntrack_ftp');
  const refused = await failure(conntrack.create(master));
  expect(refused.code).toBe('EOPNOTSUPP');
  expect(refused.message).toContain('modprobe nf_conntrack_ftp');
  writeFileSync(LOADER, loader);
  await conntrack.create(master);
  expect((await conntrack.get(master))?.helper).toBe('ftp');
});
