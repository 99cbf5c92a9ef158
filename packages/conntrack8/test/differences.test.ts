import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NewFlow } from '@conntrack/flow';
import type { Namespace, RunResult } from '@conntrack/lab';
import { Conntrack } from '@conntrack/netlink';
import { beforeEach, describe, expect, it } from 'vitest';
import { DIFFERENCES } from '../src/differences.js';
import { end, type Listener, listenAll, quiet } from './listener.js';
import { createStage, REAL, type Stage, TWO_TRANSLATIONS, trackingNamespace, uncomparable } from './stage.js';

const unavailable = uncomparable();
const words = (line: string): string[] => line.split(' ').filter(word => word !== '');
const lines = ({ stdout }: RunResult): string[] => stdout.split('\n').slice(0, -1);

/** A stage with a namespace; both are removed after the test. */
async function scene<T>(
  use: (
    run: (program: 'theirs' | 'ours', line: string) => Promise<RunResult>,
    stage: Stage,
    namespace: Namespace,
  ) => Promise<T>,
): Promise<T> {
  await using stage = await createStage();
  using namespace = await trackingNamespace();
  return await use(
    (program, line) => stage.run(namespace, program === 'theirs' ? REAL : stage.ours, words(line)),
    stage,
    namespace,
  );
}

const UDP = '-I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 53 -t 5000';
const REFUSED = { status: 2, stdout: '' };

describe('the table of differences', () => {
  it('every difference has a unique id and a test', () => {
    const ids = DIFFERENCES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const folder = import.meta.dirname;
    const texts = readdirSync(folder).map(name => readFileSync(join(folder, name), 'utf8'));
    const tested = texts.flatMap(text =>
      [...text.matchAll(/(?:difference |id: ')([a-z][a-z0-9-]+)/g)].map(match => match[1]!),
    );
    expect(ids.filter(id => !tested.includes(id))).toEqual([]);
    const named = texts.flatMap(text => [...text.matchAll(/id: '([a-z][a-z0-9-]+)'/g)].map(match => match[1]!));
    expect(named.filter(id => !ids.includes(id))).toEqual([]);
  });
});

describe('each difference', () => {
  beforeEach(context => {
    if (unavailable !== undefined) context.skip(unavailable);
  });

  it('difference ports-of-two-translations', () =>
    scene(async run => {
      const ports = async (program: 'theirs' | 'ours'): Promise<string> => {
        await run(program, TWO_TRANSLATIONS);
        const { stdout } = await run('theirs', '-D -p udp -o save');
        return /--reply-port-src .*$/m.exec(stdout)![0].trim();
      };
      expect(await ports('ours')).toBe('--reply-port-src 53 --reply-port-dst 5353');
      expect(await ports('theirs')).toMatch(/^--reply-port-src (53 --reply-port-dst 5353|80 --reply-port-dst 1005)$/);
    }));

  it('difference prefix-empty', () =>
    scene(async run => {
      await run('theirs', UDP);
      expect(lines(await run('theirs', '-L -s 9.9.9.9/'))).toHaveLength(1);
      expect(await run('ours', '-D -s 9.9.9.9/')).toMatchObject({
        ...REFUSED,
        stderr: expect.stringContaining('Invalid netmask'),
      });
    }));

  it('difference mask-kept', () =>
    scene(async run => {
      await run('theirs', UDP);
      expect(lines(await run('theirs', '-L -s 1.1.1.0/24 -s 10.0.0.9/32'))).toHaveLength(1);
      expect(lines(await run('ours', '-L -s 1.1.1.0/24 -s 10.0.0.9/32'))).toHaveLength(0);
    }));

  it('difference status-twice', () =>
    scene(async run => {
      await run('theirs', `${UDP} -u SEEN_REPLY,ASSURED`);
      expect(lines(await run('theirs', '-L -u ASSURED -u SEEN_REPLY'))).toHaveLength(0);
      expect(lines(await run('ours', '-L -u ASSURED -u SEEN_REPLY'))).toHaveLength(1);
    }));

  it('difference nat-icmpv6', () =>
    scene(async run => {
      const echo =
        '-I -p icmpv6 -s 2001:db8::1 -d 2001:db8::2 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 77 -t 5000';
      await run('theirs', `${echo} -n 2001:db8::1`);
      expect(lines(await run('theirs', '-L -n'))).toHaveLength(1);
      expect(lines(await run('ours', '-L -n'))).toHaveLength(0);
    }));

  it('difference reply-ports', () =>
    scene(async run => {
      const line = `${UDP} -r 10.0.0.3 -q 10.0.0.4`;
      expect((await run('theirs', line)).status).toBe(1);
      expect((await run('ours', line)).status).toBe(0);
      expect((await run('ours', '-L')).stdout).toContain('src=10.0.0.3 dst=10.0.0.4 sport=53 dport=1 ');
    }));

  it('difference two-protocols', () =>
    scene(async run => {
      expect((await run('theirs', '-L -p tcp -p udp --state X')).stderr).not.toContain('unknown option');
      expect(await run('ours', '-L -p tcp -p udp --state X')).toMatchObject({
        ...REFUSED,
        stderr: expect.stringContaining("unknown option `--state'"),
      });
      await run('theirs', UDP);
      expect(lines(await run('theirs', '-L -p sctp --orig-vtag 1 -p udp'))).toHaveLength(1);
      expect(await run('ours', '-D -p sctp --orig-vtag 1 -p udp')).toMatchObject({
        ...REFUSED,
        stderr: expect.stringContaining("Illegal option `--orig-vtag'"),
      });
    }));

  it('difference protocol-by-file', () =>
    scene(async run => {
      const ping = '-p icmpv6 -s 2001:db8::1 -d 2001:db8::2 --icmpv6-type 128 --icmpv6-code 0';
      for (const id of [76, 77]) await run('theirs', `-I -t 500 ${ping} --icmpv6-id ${id}`);
      const line = '-L -p 58 --icmpv6-type 128 -p ipv6-icmp --icmpv6-id 77';
      expect(lines(await run('theirs', line))).toHaveLength(2);
      expect(lines(await run('ours', line))).toHaveLength(1);
    }));

  it('difference update-zone', () =>
    scene(async run => {
      const marks = async (program: 'theirs' | 'ours'): Promise<unknown> => {
        await run('ours', '-F');
        await run('ours', UDP);
        await run('ours', `${UDP} -w 7`);
        const id = /zone=7 .*id=(\d+)/.exec((await run('ours', '-L -o id')).stdout)![1];
        await run(program, `-U -f ipv4 -i ${id} -m 5`);
        return /zone=7/.test(lines(await run('ours', '-L -m 5')).join()) ? 'the one asked for' : 'another';
      };
      expect(await marks('theirs')).toBe('another');
      expect(await marks('ours')).toBe('the one asked for');
    }));

  it('difference tcp-flags', () =>
    scene(async (run, _stage, namespace) => {
      const conntrack = Conntrack.open({ netns: namespace.fd });
      const flow: NewFlow = {
        family: 'ipv4',
        protonum: 6,
        state: 'ESTABLISHED',
        timeout: 5000,
        original: { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 80 },
      };
      const flags = async (program: 'theirs' | 'ours'): Promise<unknown> => {
        await conntrack.flush({ all: true });
        await conntrack.create(flow);
        expect((await run(program, '-U -f ipv4 -p tcp --sport 1 --dport 80 -s 10.0.0.1 -d 10.0.0.2 -m 5')).status).toBe(
          0,
        );
        return (await conntrack.get(flow))?.protoinfo?.flags?.original;
      };
      expect(await flags('theirs')).toEqual(expect.arrayContaining(['BE_LIBERAL']));
      expect((await flags('ours')) ?? []).not.toContain('BE_LIBERAL');
      conntrack.close();
    }));

  it('difference expect-protocol', context =>
    scene(async (run, _stage, namespace) => {
      const conntrack = Conntrack.open({ netns: namespace.fd });
      const master = { src: '10.0.0.1', dst: '10.0.0.2', sport: 9, dport: 21 };
      try {
        await conntrack.create({
          family: 'ipv4',
          protonum: 6,
          state: 'ESTABLISHED',
          timeout: 5000,
          original: master,
          helper: 'ftp',
        });
      } catch {
        context.skip('this kernel has no FTP helper');
      }
      const line =
        '-I expect -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 9 --dport 21 --tuple-src 10.0.0.1 --tuple-dst 10.0.0.2 --mask-src 255.255.255.255 ' +
        '--mask-dst 255.255.255.255 --mask-port-src 0 --mask-port-dst 65535 --tuple-port-src 1030 --tuple-port-dst 25606 -t 200';
      const protocols = async (program: 'theirs' | 'ours'): Promise<number[]> => {
        await conntrack.expectations.flush({ all: true });
        expect((await run(program, line)).status).toBe(0);
        const found: number[] = [];
        for await (const { protonum } of conntrack.expectations.list()) found.push(protonum);
        return found;
      };
      // 25606 is 0x6406.
      expect(await protocols('theirs')).toEqual([0x64]);
      expect(await protocols('ours')).toEqual([6]);
      conntrack.close();
    }));

  it('difference update-lines', () =>
    scene(async (run, _stage, namespace) => {
      const conntrack = Conntrack.open({ netns: namespace.fd });
      for await (const { outcome } of conntrack.createMany(many(300))) expect(outcome).toBe('done');
      conntrack.close();
      expect(lines(await run('theirs', '-U -f ipv4 -m 5')).length).toBeLessThan(300);
      expect(lines(await run('ours', '-U -f ipv4 -m 6'))).toHaveLength(300);
    }));

  it('difference xml-states', () =>
    scene(async run => {
      await run(
        'theirs',
        '-I -p sctp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 2 --state ESTABLISHED --orig-vtag 1 --reply-vtag 2 -t 5000',
      );
      expect((await run('theirs', '-L -o xml')).stdout).toContain('<state>FIN_WAIT</state>');
      expect((await run('ours', '-L -o xml')).stdout).toContain(
        '<meta direction="independent" states="own"><state>ESTABLISHED</state>',
      );
    }));

  it('difference labelmap', () =>
    scene(async (run, stage) => {
      const file = join(stage.folder, 'labels');
      writeFileSync(file, '9 nine\n');
      await run('theirs', UDP);
      expect((await run('ours', `-U -s 10.0.0.1 --labelmap ${file} --label-add nine`)).status).toBe(0);
      expect((await run('ours', `-L --labelmap ${file} -l nine`)).stdout).toContain(' labels=nine\n');
      expect((await run('ours', '-L -l nine')).stderr).toContain("unknown label 'nine'");
      expect((await run('theirs', `-L --labelmap ${file}`)).status).toBe(2);
    }));

  it('difference long-lines', () =>
    scene(async (run, stage, namespace) => {
      const conntrack = Conntrack.open({ netns: namespace.fd });
      const [flow] = many(1);
      await conntrack.create({ ...flow!, labels: Array.from({ length: 128 }, (_, bit) => bit) });
      conntrack.close();
      const names = Array.from({ length: 128 }, (_, bit) => `${bit} ${'n'.repeat(60)}-${bit}`);
      const file = join(stage.folder, 'long');
      writeFileSync(file, `${names.join('\n')}\n`);
      const { stdout } = await run('ours', `-L --labelmap ${file} -o labels`);
      expect(stdout.length).toBeGreaterThan(8000);
      expect(stdout).toMatch(/-127\n$/);
    }));

  it('difference time-rules', () =>
    scene(async (run, stage, namespace) => {
      namespace.sysctl('netfilter.nf_conntrack_timestamp', 1);
      await run('theirs', UDP);
      const hour = async (program: string, zone: string): Promise<string | undefined> => {
        const { stdout } = await stage.run(namespace, 'env', [`TZ=${zone}`, program, '-L', '-o', 'ktimestamp']);
        return /start=\w+ \w+ +\d+ (\d+):/.exec(stdout)?.[1];
      };
      const rules = '<+05>-5<+06>,M3.5.0,M10.5.0/3';
      expect(await hour(REAL, rules)).not.toBe(await hour(REAL, 'UTC'));
      expect(await hour(stage.ours, rules)).toBe(await hour(stage.ours, 'UTC'));
    }));

  it('difference load-line', () =>
    scene(async (run, stage) => {
      const file = join(stage.folder, 'lines');
      const said = async (text: string): Promise<string[]> => {
        writeFileSync(file, text);
        const theirs = await run('theirs', `-R ${file}`);
        await run('ours', '-F');
        const ours = await run('ours', `-R ${file}`);
        await run('ours', '-F');
        expect(ours.status).toBe(theirs.status);
        expect(ours.stderr.startsWith(theirs.stderr)).toBe(true);
        return ours.stderr.slice(theirs.stderr.length).split('\n').slice(0, -1);
      };
      const title = 'conntrack v1.4.7 (conntrack-tools)';
      expect(await said(`# two\n${UDP}\n\n-I -p foo\n`)).toEqual([
        `${title}: line 4 of ${file} is wrong: no line was executed`,
      ]);
      expect(await said(`${UDP}\n-L\n`)).toEqual([`${title}: line 2 of ${file} is wrong: no line was executed`]);
      expect(await said(`${UDP}\n${UDP}\n-F\n`)).toEqual([
        `${title}: line 2 of ${file} failed: the lines before it were executed, the lines after it were not`,
      ]);
      expect(await said(`${UDP} # comments may have a ! or a !word\n`)).toEqual([]);
    }));

  it('a saved table can be loaded again while its entries exist, including translated ones', () =>
    scene(async (run, stage) => {
      await run('ours', UDP);
      await run('ours', UDP.replace('--sport 1', '--sport 2 -n 198.51.100.1:77 -g 10.9.9.9'));
      await run('ours', UDP.replace('--sport 1', '--sport 3 -w 7 -g 10.9.9.9:99'));
      await run('ours', UDP.replace('--sport 1', '--sport 4 -u SEEN_REPLY,ASSURED'));
      const file = join(stage.folder, 'saved');
      const saved = (await run('ours', '-L -o save')).stdout;
      // The entry changes: its saved status has fewer bits than it has later.
      writeFileSync(file, saved.replaceAll(/-u \S+/g, '-u UNSET').replaceAll(/-t \d+/g, '-t 3000'));
      expect(await run('ours', `-R ${file}`)).toMatchObject({ status: 0, stderr: '' });
      const after = lines(await run('ours', '-L'));
      expect(after).toHaveLength(4);
      for (const one of after) expect(one).toMatch(/^udp +17 (29\d\d|3000) /);
    }));

  it('difference load-folder', () =>
    scene(async (run, stage) => {
      expect((await run('theirs', `-R ${stage.folder}`)).status).toBe(0);
      expect(await run('ours', `-R ${stage.folder}`)).toMatchObject({
        ...REFUSED,
        stderr: expect.stringContaining('Failed to open file'),
      });
    }));

  it('difference help', () =>
    scene(async run => {
      const { status, stdout } = await run('ours', '-h -p tcp');
      expect(status).toBe(0);
      for (const option of ['-L, --dump', '-s, --src, --orig-src', '--labelmap', '--state', '--reply-port-dst'])
        expect(stdout).toContain(option);
      expect((await run('theirs', '-h -p tcp')).stdout).not.toBe(stdout);
    }));

  it('difference delete-id', () =>
    scene(async (run, stage, namespace) => {
      await run('theirs', UDP);
      const script = 'CONNTRACK_DEBUG=netlink exec "$0" -D -p udp';
      const { stderr } = await stage.run(namespace, 'sh', ['-c', script, stage.ours]);
      expect(stderr).toMatch(/CTA_ID/);
      expect(stderr).toContain('1 flow entries have been deleted.');
    }));

  it('difference delete-gone', () =>
    scene(async (_run, stage, namespace) => {
      const conntrack = Conntrack.open({ netns: namespace.fd });
      const COUNT = 20_000;
      for await (const { outcome } of conntrack.createMany(many(COUNT))) expect(outcome).toBe('done');
      conntrack.close();
      // Two deletes at once take entries from each other.
      const both = await Promise.all([0, 1].map(() => stage.run(namespace, stage.ours, ['-D', '-p', 'udp'])));
      const counts = both.map(({ stderr }) => Number(/(\d+) flow entries have been deleted\.\n$/.exec(stderr)?.[1]));
      expect(counts[0]! + counts[1]!).toBe(COUNT);
      expect(both.map(({ stderr }) => stderr.split('\n').length)).toEqual([2, 2]);
    }));

  it('difference event-time, difference progname, difference xml-userspace, difference event-buffer', () =>
    scene(async (run, stage, namespace) => {
      namespace.sysctl('netfilter.nf_conntrack_timestamp', 1);
      const pair = await listenAll(stage, namespace, [
        [stage.ours, '-E', '-b', '500000', '-o', 'timestamp'],
        [stage.ours, '-E', '-o', 'xml'],
      ]);
      const [first, second] = pair as [Listener, Listener];
      const conntrack = Conntrack.open({ netns: namespace.fd });
      first.child.kill('SIGSTOP');
      await conntrack.create([...many(1)][0]!);
      const made = Date.now() + 1;
      // A later run prints a later time.
      while (Date.now() <= made) await sleep(1);
      first.child.kill('SIGCONT');
      await quiet(pair);
      conntrack.close();
      expect(await end(pair, 'SIGTERM')).toEqual([0, 0]);
      expect(first.said.stderr + first.said.stdout).toContain('has been set to 1000000 bytes.');
      expect(first.said.stdout).toContain('progname=node');
      // Where the kernel does not report the time (before 6.14), it is the time of printing.
      const shown = Number(/^\[(\d+\.\d+)\]\t/m.exec(first.said.stdout)![1]);
      const told = readFileSync('/proc/sys/kernel/osrelease', 'utf8').split('.').map(Number);
      if (told[0]! > 6 || (told[0] === 6 && told[1]! >= 14)) expect(shown * 1000).toBeLessThan(made);
      expect(second.said.stdout).toContain('</flow>\n');
      expect(second.said.stdout).not.toContain('[USERSPACE]');
      expect((await run('ours', '-C')).stdout).toBe('1\n');
    }));
});

// Tested in endings.test.ts and events.test.ts: difference full-disk, difference broken-pipe, difference crlf, difference event-loss, difference event-mark.

function* many(count: number): Generator<NewFlow> {
  for (let i = 0; i < count; i++)
    yield {
      family: 'ipv4',
      protonum: 17,
      original: { src: '10.1.0.1', dst: `10.2.0.${i >> 14}`, sport: 1024 + (i & 0x3fff), dport: 53 },
      timeout: 5000,
    };
}
