import { Conntrack } from '@conntrack/netlink';
import { beforeEach, expect, it } from 'vitest';
import { both, end, listenAll, quiet } from './listener.js';
import { createStage, REAL, trackingNamespace, uncomparable } from './stage.js';

const unavailable = uncomparable();
beforeEach(context => {
  if (unavailable !== undefined) context.skip(unavailable);
});

const master = { src: '10.0.0.1', dst: '10.0.0.2', sport: 9, dport: 21 };

/** Creates one expectation of an FTP connection. Returns false if the kernel has no FTP helper. */
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

it('expectations are listed, found, counted and deleted as by conntrack(8)', async context => {
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

it('events of expectations are shown as by conntrack(8)', async context => {
  await using stage = await createStage();
  using namespace = await trackingNamespace();
  const conntrack = Conntrack.open({ netns: namespace.fd });
  for (const argv of [
    ['-E', 'expect'],
    ['-E', 'expect', '-o', 'xml'],
  ]) {
    const pair = await listenAll(stage, namespace, both(stage, ...argv));
    if (!(await expecting(conntrack))) context.skip('this kernel has no FTP helper');
    await conntrack.expectations.flush({ all: true });
    await quiet(pair);
    expect(await end(pair)).toEqual([0, 0]);
    const [theirs, ours] = pair.map(({ said }) => still(said.stdout + said.stderr));
    expect(theirs).toMatch(/DESTROY|"destroy"/);
    expect(ours).toBe(theirs);
  }
  conntrack.close();
});
