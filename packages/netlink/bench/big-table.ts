import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Namespace } from '../../lab/src/index.js';

const MAX = '/proc/sys/net/netfilter/nf_conntrack_max';
const COUNT = '/proc/sys/net/netfilter/nf_conntrack_count';
/** If the host's own table has more entries than this, it is considered in use. */
const LIVE = 1000;

/** What a run of the C program cost. */
export interface BareRun {
  seconds: number;
  entries: number;
}

/** A namespace with many entries, and a C program for comparison. */
export interface BigTable {
  readonly namespace: Namespace;
  /** The C program: `fill N` creates N entries in the namespace in which it runs. */
  readonly program: string;
  /** Returns the seconds that the C program takes to create or delete entries in a namespace. */
  change(verb: 'fill' | 'delete', count: number, where: Namespace): number;
  /** Receives all entries, or those of one source, and reads none of them. */
  bare(source?: string): BareRun;
  /** Returns the wall-clock seconds of a program in the namespace, with its output discarded; `undefined` if it is not installed. */
  wall(command: string, args: readonly string[]): number | undefined;
}

/**
 * Fills a private namespace with `count` entries while `use` runs. The limit is the host's: it is raised for that time and put back, also on
 * Ctrl-C; `room` is for entries that `use` adds. Beside a table in use it refuses, unless forced: dumps walk the hash table that all namespaces share.
 */
export async function withBigTable(
  count: number,
  force: boolean,
  use: (table: BigTable) => Promise<void>,
  room = 10_000,
): Promise<void> {
  const live = Number(readFileSync(COUNT, 'utf8'));
  if (live > LIVE && !force)
    throw new Error(`this host tracks ${live} connections; a big table slows it down. Use --force to run anyway`);
  const before = readFileSync(MAX, 'utf8').trim();
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-bench-'));
  const program = join(folder, 'bare');
  const restore = (): void => {
    writeFileSync(MAX, before);
    rmSync(folder, { recursive: true, force: true });
  };
  const interrupted = (): void => {
    restore();
    process.exit(130);
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  const namespace = Namespace.create();
  try {
    if (Number(before) < count + room) writeFileSync(MAX, String(count + room));
    const source = fileURLToPath(new URL('./bare.c', import.meta.url));
    const built = spawnSync('cc', ['-O2', '-o', program, source], { stdio: 'inherit' });
    if (built.status !== 0) throw new Error('the C program to compare with does not build');
    const inside = (command: string, args: readonly string[], output: 'pipe' | 'ignore', where = namespace) =>
      spawnSync('nsenter', [`--net=${where.path}`, command, ...args], {
        stdio: ['ignore', output, 'inherit'],
        encoding: 'utf8',
      });
    const filled = inside(program, ['fill', String(count)], 'ignore');
    if (filled.status !== 0) throw new Error('the table cannot be filled');
    const installed = new Map<string, boolean>();
    await use({
      namespace,
      program,
      change(verb, number, where) {
        const { status, stdout } = inside(program, [verb, String(number)], 'pipe', where);
        if (status !== 0) throw new Error(`the C program cannot ${verb}`);
        return Number(stdout);
      },
      bare(address) {
        const { stdout } = inside(program, address === undefined ? ['dump'] : ['dump', address], 'pipe');
        const [seconds, entries] = stdout.trim().split(' ').map(Number) as [number, number];
        return { seconds, entries };
      },
      wall(command, args) {
        if (!installed.has(command))
          installed.set(command, spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0);
        if (!installed.get(command)) return undefined;
        const from = performance.now();
        // conntrack(8) says how many it has shown on standard error.
        spawnSync('nsenter', [`--net=${namespace.path}`, command, ...args], { stdio: 'ignore' });
        return (performance.now() - from) / 1000;
      },
    });
  } finally {
    namespace.close();
    process.removeListener('SIGINT', interrupted);
    process.removeListener('SIGTERM', interrupted);
    restore();
  }
}

/** Returns the median. */
export const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

/** `--entries N`, `--rounds N`, `--force` of a benchmark's command line. */
export function benchOptions(entries: number): { entries: number; rounds: number; force: boolean } {
  const value = (name: string, otherwise: number): number => {
    const at = process.argv.indexOf(name);
    return at < 0 ? otherwise : Number(process.argv[at + 1]);
  };
  return {
    entries: value('--entries', entries),
    rounds: value('--rounds', 5),
    force: process.argv.includes('--force'),
  };
}
