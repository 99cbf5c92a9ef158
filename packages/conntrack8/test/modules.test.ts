// The kernel without the module. Runs on a machine of its own (`pnpm run test:kernels`).
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createStage, REAL, trackingNamespace, uncomparable } from './stage.js';

const LOADER = '/proc/sys/kernel/modprobe';

it('difference module-missing: the message names nf_conntrack_netlink', async context => {
  if (process.env.CONNTRACK_DISPOSABLE_MACHINE === undefined)
    context.skip('unloads kernel modules: only on the emulated machines of pnpm run test:kernels');
  const reason = uncomparable();
  if (reason !== undefined) context.skip(reason);
  await using stage = await createStage();
  using namespace = await trackingNamespace();
  const loader = readFileSync(LOADER, 'utf8').trim();
  try {
    writeFileSync(LOADER, '/bin/false');
    expect(spawnSync('modprobe', ['-r', 'nf_conntrack_netlink']).status).toBe(0);
    for (const line of ['-L', '-D -p udp', '-C', '-E', '-F', '-L expect']) {
      const ours = await stage.run(namespace, stage.ours, line.split(' '));
      expect([line, ours.status]).toEqual([line, 1]);
      expect(ours.stderr).toMatch(/Load its module: modprobe nf_conntrack_netlink\n$/);
    }
    const theirs = await stage.run(namespace, REAL, ['-L']);
    expect(theirs.status).toBe(1);
    expect(theirs.stderr).not.toContain('modprobe');
    console.log(theirs.stderr);
  } finally {
    writeFileSync(LOADER, loader);
    spawnSync('modprobe', ['nf_conntrack_netlink']);
  }
});
