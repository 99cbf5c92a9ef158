import { createNatLab } from '@conntrack/lab';
import { Conntrack } from '@conntrack/netlink';
import { expect, test } from 'vitest';
import { createStage, uncomparable } from './stage.js';

const unavailable = uncomparable();

test('-L -z -f resets the counters of the given family only', async context => {
  if (unavailable !== undefined) context.skip(unavailable);
  await using stage = await createStage();
  await using lab = await createNatLab();
  if (!lab.families.includes('ipv6')) context.skip('no IPv6 here');
  lab.router.sysctl('netfilter.nf_conntrack_acct', 1);
  await lab.traffic.udpExchange();
  await lab.traffic.icmpEcho({ family: 'ipv6' });
  await using conntrack = Conntrack.open({ netns: lab.router.fd });
  const packets = async (): Promise<Record<string, number>> => {
    const sums: Record<string, number> = { ipv4: 0, ipv6: 0 };
    for await (const { family, original } of conntrack.list()) sums[family]! += original.packets!;
    return sums;
  };
  const before = await packets();
  expect(Object.values(before).every(sum => sum > 0)).toBe(true);

  const { status, stdout } = await stage.run(lab.router, stage.ours, ['-L', '-z', '-f', 'ipv6', '-o', 'extended']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^ipv6 .* packets=[1-9]/m);
  expect(stdout).not.toMatch(/^ipv4/m);
  expect(await packets()).toEqual({ ...before, ipv6: 0 });
});
