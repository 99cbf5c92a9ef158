import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Conntrack } from '@conntrack/netlink';
import { beforeEach, expect, it } from 'vitest';
import { createStage, REAL, trackingNamespace, uncomparable } from './stage.js';

const unavailable = uncomparable();
beforeEach(context => {
  if (unavailable !== undefined) context.skip(unavailable);
});

const master = { src: '10.0.0.1', dst: '10.0.0.2', sport: 9, dport: 21 };

/** One expectation of an FTP connection; false where the kernel has no FTP helper. */
async function expecting(conntrack: Conntrack): Promise<boolean> {
  await conntrack.expectations.flush({ all: true });
  await conntrack.flush({ all: true });
  const entry = { family: 'ipv4', protonum: 6, state: 'ESTABLISHED', timeout: 5000, original: master } as const;
  try {
    await conntrack.create({ ...entry, helper: 'ftp' });
  } catch {
    return false;
  }
  await conntrack.expectations.create({
    family: 'ipv4',
    protonum: 6,
    master,
    tuple: { src: '10.0.0.1', dst: '10.0.0.2', sport: 0, dport: 1001 },
    mask: { src: '255.255.255.255', dst: '255.255.255.255', sport: 0, dport: 65535 },
    timeout: 300,
  });
  return true;
}

const still = (text: string): string =>
  text.replace(/^(\[[A-Z]+\] |\s+\[[A-Z]+\] )?\d+ proto=/gm, '$1~ proto=').replace(/<timeout>\d+/g, '<timeout>~');
const TUPLE = '-p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 0 --dport 1001 --reply-port-src 1 --reply-port-dst 2';

it('lists, finds, counts and deletes as conntrack(8) does', async context => {
  await using stage = await createStage();
  using namespace = await trackingNamespace();
  const conntrack = Conntrack.open({ netns: namespace.fd });
  for (const line of [
    '-L expect',
    '-L expect -o xml',
    '-L expect -f ipv6',
    '-C expect',
    `-G expect ${TUPLE}`,
    `-G expect ${TUPLE.replace('1001', '1002')}`,
    `-D expect ${TUPLE}`,
    `-D expect ${TUPLE.replace('1001', '1002')}`,
    '-F expect',
  ]) {
    const outcomes = [];
    for (const program of [REAL, stage.ours]) {
      if (!(await expecting(conntrack))) context.skip('this kernel has no FTP helper');
      const { status, stdout, stderr } = await stage.run(namespace, program, line.split(' '));
      let left = 0;
      for await (const _ of conntrack.expectations.list()) left++;
      outcomes.push({ line, status, stdout: still(stdout), stderr, left });
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
  }
  conntrack.close();
});

it('shows their events as conntrack(8) does', async context => {
  await using stage = await createStage();
  using namespace = await trackingNamespace();
  const conntrack = Conntrack.open({ netns: namespace.fd });
  for (const argv of [
    ['-E', 'expect'],
    ['-E', 'expect', '-o', 'xml'],
  ]) {
    const said = ['', ''];
    const children = [REAL, stage.ours].map((program, i) => {
      const child = stage.spawn(namespace, program, argv);
      for (const stream of [child.stdout!, child.stderr!])
        stream.setEncoding('utf8').on('data', (chunk: string) => {
          said[i] += chunk;
        });
      return child;
    });
    await sleep(800);
    if (!(await expecting(conntrack))) context.skip('this kernel has no FTP helper');
    await conntrack.expectations.flush({ all: true });
    await expect.poll(() => said.every(text => /DESTROY|"destroy"/.test(text)), { timeout: 8000 }).toBe(true);
    for (const child of children) {
      const closed = once(child, 'close');
      child.kill('SIGINT');
      expect((await closed)[0]).toBe(0);
    }
    expect(still(said[1]!)).toBe(still(said[0]!));
  }
  conntrack.close();
});
