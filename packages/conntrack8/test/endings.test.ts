import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Namespace } from '@conntrack/lab';
import { Conntrack } from '@conntrack/netlink';
import { beforeEach, describe, expect, it } from 'vitest';
import { cases, shown } from './case.js';
import { runDifference, secondsSince } from './compare.js';
import { createStage, REAL, TWO_TRANSLATIONS, trackingNamespace, uncomparable } from './stage.js';
import { fill, randomTable } from './tables.js';

const unavailable = uncomparable();
beforeEach(context => {
  if (unavailable !== undefined) context.skip(unavailable);
});

const STACK = /\n {4}at |node:internal|file:\/\//;
const TRAILER = 'conntrack v1.4.7 (conntrack-tools): ';

describe('without the privilege', () => {
  it('without the privilege, each command prints what conntrack(8) prints, with its exit codes', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const tuple = '-p udp -s 1.1.1.1 -d 2.2.2.2 --sport 1 --dport 2';
    for (const of of cases(`
      -L
      -L expect
      -L dying
      -L -o xml
      -C
      -C expect
      -G ${tuple}
      -D -p udp
      -D -s 1.1.1.1
      -U -s 1.1.1.1 -m 1
      -I ${tuple} -t 9
      -A ${tuple} -t 9
      -E
      -V
      -L -p foo
    `)) {
      // In a user namespace of its own, the program has no rights in the network namespace.
      const theirs = await stage.run(namespace, 'unshare', ['-U', REAL, ...of.argv]);
      const ours = await stage.run(namespace, 'unshare', ['-U', stage.ours, ...of.argv]);
      expect({ of: shown(of), lines: runDifference(theirs, ours, 0) }).toEqual({ of: shown(of), lines: [] });
    }
  });
});

describe('difference flush-said', () => {
  it('difference flush-said: -F does not claim that the table has been emptied if it failed', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const [theirs, ours] = [
      await stage.run(namespace, 'unshare', ['-U', REAL, '-F']),
      await stage.run(namespace, 'unshare', ['-U', stage.ours, '-F']),
    ];
    const [emptied, failed] = theirs.stderr.split(/(?<=\n)/);
    expect(emptied).toBe(`${TRAILER}connection tracking table has been emptied.\n`);
    expect({ status: ours.status, said: ours.stderr }).toEqual({ status: theirs.status, said: failed });
  });
});

describe('the output', () => {
  /** A table that does not fit into a pipe. */
  const many = randomTable(3, 900);

  it('a list ends without a message when its reader goes away, and reads no further', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const conntrack = Conntrack.open({ netns: namespace.fd });
    await fill(conntrack, many);
    for (const argv of [['-L'], ['-L', '-o', 'xml'], ['-D', '-p', 'udp', '-o', 'extended']]) {
      const child = stage.spawn(namespace, stage.ours, argv);
      let stderr = '';
      child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
        stderr += chunk;
      });
      const closed = once(child, 'exit');
      await once(child.stdout!, 'readable');
      child.stdout!.destroy();
      const [code, signal] = (await closed) as [number | null, string | null];
      // conntrack(8) dies of SIGPIPE; Node ignores it.
      expect(signal === 'SIGPIPE' || code === 0 || code === 141).toBe(true);
      expect(stderr).not.toMatch(STACK);
      expect(stderr).not.toMatch(/EPIPE/);
    }
    conntrack.close();
  });

  it('a list on a full disk is an error with code 1', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const conntrack = Conntrack.open({ netns: namespace.fd });
    await fill(conntrack, many);
    conntrack.close();
    for (const argv of [
      '-L',
      '-L -o xml',
      '-C',
      '-S',
      '-V',
      '-G -p tcp -s 10.0.0.1 -d 203.0.113.7 --sport 1001 --dport 80',
    ]) {
      const script = `exec "$0" ${argv} > /dev/full`;
      const { status, stderr } = await stage.run(namespace, 'sh', ['-c', script, stage.ours]);
      expect({ argv, status }).toEqual({ argv, status: 1 });
      expect(stderr).toMatch(/No space left on device|ENOSPC/i);
      expect(stderr).not.toMatch(STACK);
      expect(stderr.startsWith(TRAILER)).toBe(true);
    }
  });

  it('-D on a full disk is an error, too', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const conntrack = Conntrack.open({ netns: namespace.fd });
    await fill(conntrack, many);
    conntrack.close();
    const { status, stderr } = await stage.run(namespace, 'sh', ['-c', 'exec "$0" -D -p tcp > /dev/full', stage.ours]);
    expect([status, STACK.test(stderr)]).toEqual([1, false]);
    expect(stderr).toMatch(/No space left on device|ENOSPC/i);
  });
});

describe('-R', () => {
  const NEW = '-I -p udp -s 1.1.1.1 -d 2.2.2.2 --sport 10 --dport 20 -t 1000';

  it('-R accepts files with CRLF', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const file = join(stage.folder, 'crlf');
    writeFileSync(file, `# from elsewhere\r\n\r\n${NEW} -m 7\r\n-U -p udp -s 1.1.1.1 -m 9\r\n-D -p tcp\r\n`);
    const loaded = await stage.run(namespace, stage.ours, ['-R', file]);
    expect([loaded.status, loaded.stderr]).toEqual([0, '']);
    const { stdout } = await stage.run(namespace, stage.ours, ['-L', '-p', 'udp']);
    expect(stdout).toContain(' mark=9 ');
  });

  it('-R names a file that it cannot read', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    for (const file of ['/nonexistent', stage.folder]) {
      const { status, stderr } = await stage.run(namespace, stage.ours, ['-R', file]);
      expect(status).toBe(2);
      expect(stderr).not.toMatch(STACK);
      expect(stderr).toContain(file);
    }
  });

  it('-R loads the output of -L -o save', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const conntrack = Conntrack.open({ netns: namespace.fd });
    await fill(conntrack, randomTable(4, 40));
    const whole = (await stage.run(namespace, stage.ours, ['-L', '-o', 'save'])).stdout;
    using other = Namespace.create();
    await other.trackingOn({ labels: true });
    await stage.run(other, REAL, TWO_TRANSLATIONS.split(' '));
    const { stdout: kept } = await stage.run(other, REAL, ['-D', '-p', 'udp', '-o', 'save']);
    const losesPorts = !kept.includes('--reply-port-src 53 ');
    const comparable = (line: string): boolean => !losesPorts || !(line.includes(' -g ') && line.includes(' -n '));
    const saved = whole.split('\n').filter(comparable).join('\n');
    const file = join(stage.folder, 'saved');
    writeFileSync(file, saved);
    const begun = performance.now();
    const [theirs, ours] = [
      await stage.run(namespace, 'sh', ['-c', `"$0" -F && "$0" -R ${file}; "$0" -L -o save`, REAL]),
      await stage.run(other, 'sh', ['-c', `"$0" -F && "$0" -R ${file}; "$0" -L -o save`, stage.ours]),
    ];
    expect(runDifference(theirs, ours, secondsSince(begun))).toEqual([]);
    conntrack.close();
  });
});

describe('Ctrl-C', () => {
  it('Ctrl-C during a list ends the program without a stack', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const conntrack = Conntrack.open({ netns: namespace.fd });
    await fill(conntrack, randomTable(3, 900));
    conntrack.close();
    const child = stage.spawn(namespace, stage.ours, ['-L', '-o', 'xml']);
    let stderr = '';
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    const closed = once(child, 'exit');
    await once(child.stdout!, 'readable');
    child.kill('SIGINT');
    child.stdout!.resume();
    const [code, signal] = (await closed) as [number | null, string | null];
    expect(signal === 'SIGINT' || code === 130 || code === 0).toBe(true);
    expect(stderr).not.toMatch(STACK);
  });
});
