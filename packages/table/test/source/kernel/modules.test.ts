// What the doctor and the capabilities say about a module that is not loaded: only on a machine that nothing else uses
// (`pnpm run test:kernels`).
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { KernelSource } from '../../../src/index.js';
import { failing } from '../../flows.js';
import { kernelTable, noKernel } from '../../namespace.js';

const LOADER = '/proc/sys/kernel/modprobe';
const modprobe = (...argv: string[]): number | null => spawnSync('modprobe', argv).status;

it('modules that are not loaded are named', async context => {
  if (process.env.CONNTRACK_DISPOSABLE_MACHINE === undefined)
    context.skip('unloads kernel modules: only on the emulated machines of pnpm run test:kernels');
  const loader = readFileSync(LOADER, 'utf8').trim();
  const made = await kernelTable();
  try {
    writeFileSync(LOADER, '/bin/false');
    expect(modprobe('-r', 'nft_chain_nat', 'nf_nat')).toBe(0);
    const finding = async () => (await made.table.doctor()).findings.find(({ check }) => check === 'nat');
    expect(await finding()).toMatchObject({ status: 'note', fix: 'modprobe nf_nat' });
    expect((await made.table.capabilities()).notes.join()).toContain('modprobe nf_nat');
    expect(modprobe('nf_nat')).toBe(0);
    expect(await finding()).toMatchObject({ status: 'ok' });
    expect((await made.table.capabilities()).notes.join()).not.toContain('nf_nat');
    expect(modprobe('-r', 'nf_conntrack_netlink')).toBe(0);
    expect(await failing(KernelSource.open({ netns: made.namespace.fd }))).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('modprobe nf_conntrack_netlink'),
    });
  } finally {
    writeFileSync(LOADER, loader);
    modprobe('nf_conntrack_netlink');
    modprobe('nf_nat');
    made.close();
  }
});

it('it is known whether this kernel has nf_nat', async context => {
  if (noKernel !== undefined) context.skip(noKernel);
  const made = await kernelTable();
  const { findings } = await made.table.doctor();
  made.close();
  expect(findings.find(({ check }) => check === 'nat')?.status).toMatch(/^(ok|note)$/);
});
