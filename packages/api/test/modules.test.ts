// Errors of the HTTP API about kernel modules that are not loaded. Runs on a machine of its own (`pnpm run
// test:kernels`).
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Namespace } from '@conntrack/lab';
import { ConntrackTable, KernelSource } from '@conntrack/table';
import { expect, test } from 'vitest';
import { body, newFlow, problem, testApp } from './support.js';

const LOADER = '/proc/sys/kernel/modprobe';
const modprobe = (...argv: string[]): number | null => spawnSync('modprobe', argv).status;

test('the HTTP API names modules that are not loaded', async context => {
  if (process.env.CONNTRACK_DISPOSABLE_MACHINE === undefined)
    context.skip('unloads kernel modules: only on the emulated machines of pnpm run test:kernels');
  const loader = readFileSync(LOADER, 'utf8').trim();
  using namespace = Namespace.create();
  const table = new ConntrackTable(await KernelSource.open({ netns: namespace.fd }));
  const app = testApp({ table });
  const create = (more: object) => app.request('/conntrack', body({ ...newFlow, ...more }));
  const nat = async () =>
    (await app.json<{ findings: { check: string }[] }>('/doctor')).findings.find(({ check }) => check === 'nat');
  try {
    writeFileSync(LOADER, '/bin/false');
    expect(modprobe('-r', 'nft_chain_nat', 'nf_nat', 'nf_conntrack_ftp')).toBe(0);
    expect(await nat()).toMatchObject({ status: 'note', fix: 'modprobe nf_nat' });
    for (const [more, module] of [
      [{ nat: { src: { address: '198.51.100.1' } } }, 'nf_nat'],
      [{ helper: 'ftp' }, 'nf_conntrack_ftp'],
    ] as const)
      expect((await problem(await create(more), 'unsupported')).detail).toContain(`modprobe ${module}`);
    expect(await app.json('/conntrack/count')).toMatchObject({ count: 0 });
    expect(modprobe('nf_nat')).toBe(0);
    expect(await nat()).toMatchObject({ status: 'ok' });
    expect(modprobe('-r', 'nf_conntrack_netlink')).toBe(0);
    for (const path of ['/conntrack', '/conntrack/count', '/expectations'])
      expect((await problem(await app.request(path), 'unsupported')).detail).toContain('modprobe nf_conntrack_netlink');
  } finally {
    writeFileSync(LOADER, loader);
    for (const module of ['nf_conntrack_netlink', 'nf_nat', 'nf_conntrack_ftp']) modprobe(module);
    table.close();
  }
});
