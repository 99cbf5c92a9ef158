import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { labAvailable, Namespace, type RunResult } from '@conntrack/lab';

/** The program to compare with, as Debian and others install it. */
export const REAL = '/usr/sbin/conntrack';
const BUILT = fileURLToPath(new URL('../dist/conntrack.cjs', import.meta.url));

/** Why the two programs cannot be compared here. `undefined` if they can. */
export function uncomparable(): string | undefined {
  if (spawnSync(REAL, ['-V']).status !== 0) return 'conntrack(8) is not installed';
  // The mount namespace of the stage has an /etc of its own.
  if (spawnSync('unshare', ['--mount', 'true']).status !== 0) return 'no private mount namespace can be made here';
  if (!process.env.CONNTRACK8_OURS && !readFileSync(BUILT, 'utf8').includes('conntrack-tools'))
    return 'the program has no conntrack(8) in it';
  return labAvailable();
}

/** Files of /etc that a program may read. Others are hidden. */
const KEPT = ['protocols', 'nsswitch.conf', 'ld.so.cache', 'localtime'];
/** Bit 2 has no name. */
const LABELS = '0 zero\n1 one\n3 three\n64 sixty-four\n127 last\n';

/** An environment without variables that affect Node, and with a local time other than UTC. */
const ENVIRONMENT = { PATH: process.env.PATH, TZ: 'America/New_York' };
/** Milliseconds after which a run counts as hanging. Generous, because the machine may be busy or emulated. */
const PATIENCE = 300_000;

/** Both programs, and a mount namespace where `/etc` contains the test's connlabel.conf. */
export interface Stage extends AsyncDisposable {
  /** The package's own binary, under the name `conntrack`. */
  readonly ours: string;
  /** A folder for files of the test, removed with the stage. */
  readonly folder: string;
  /** Starts a program in a network namespace. */
  spawn(namespace: Namespace, program: string, argv: readonly string[]): ChildProcess;
  /** Runs a program in a network namespace to its end. */
  run(namespace: Namespace, program: string, argv: readonly string[], input?: string): Promise<RunResult>;
}

/** Makes a stage. `labels: false`: without a connlabel.conf. */
export async function createStage({ labels = true } = {}): Promise<Stage> {
  if (!existsSync(BUILT)) throw new Error('dist/conntrack.cjs is missing: build the package first');
  const folder = mkdtempSync(join(tmpdir(), 'conntrack8-'));
  const etc = join(folder, 'etc');
  mkdirSync(join(etc, 'xtables'), { recursive: true });
  for (const name of KEPT) if (existsSync(`/etc/${name}`)) copyFileSync(`/etc/${name}`, join(etc, name));
  if (labels) writeFileSync(join(etc, 'xtables/connlabel.conf'), LABELS);
  // Another conntrack can replace this package's program: a newer one, or the same one, to check that the comparison is
  // stable.
  const ours = process.env.CONNTRACK8_OURS ?? join(folder, 'conntrack');
  symlinkSync(BUILT, join(folder, 'conntrack'));
  // It lives as long as this process keeps its standard input open, or until it is killed.
  const script = 'mount --bind "$0" /etc && echo ready && exec cat';
  const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script, etc]);
  const said = await Promise.race([once(holder.stdout, 'data'), once(holder.stderr, 'data')]);
  if (String(said[0]) !== 'ready\n') throw new Error(`no private /etc: ${said[0]}`);
  let count = 0;
  const mount = `--mount=/proc/${holder.pid}/ns/mnt`;
  return {
    ours,
    folder,
    spawn: (namespace, program, argv) =>
      namespace.spawn('nsenter', [mount, '--', program, ...argv], { env: ENVIRONMENT }),
    run(namespace, program, argv, input) {
      // Like a shell does: /dev/stdin cannot be opened if it is a socket.
      const file = join(folder, `input-${count++}`);
      if (input !== undefined) writeFileSync(file, input);
      const script = ['sh', '-c', `exec "$@" < ${input === undefined ? '/dev/null' : file}`, 'sh'];
      return namespace.run('nsenter', [mount, '--', ...script, program, ...argv], {
        signal: AbortSignal.timeout(PATIENCE),
        env: ENVIRONMENT,
      });
    },
    async [Symbol.asyncDispose]() {
      holder.kill('SIGKILL');
      await once(holder, 'close');
      rmSync(folder, { recursive: true });
    },
  };
}

/** A namespace with tracking, counters, and space for labels. */
export async function trackingNamespace({ accounting = true, timestamps = false } = {}): Promise<Namespace> {
  const namespace = Namespace.create();
  await namespace.trackingOn({ labels: true });
  namespace.sysctl('netfilter.nf_conntrack_acct', accounting ? 1 : 0);
  namespace.sysctl('netfilter.nf_conntrack_timestamp', timestamps ? 1 : 0);
  return namespace;
}

/** An entry whose translated ports conntrack(8) loses on older kernels: difference ports-of-two-translations. */
export const TWO_TRANSLATIONS =
  '-I -t 600 -p udp -s 10.0.0.1 -d 203.0.113.7 --sport 1005 --dport 80 -g 10.9.9.10 -n 198.51.100.2 --reply-port-src 53 --reply-port-dst 5353';
