import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { NETLINK_NETFILTER, native } from '@conntrack/netlink/raw';
import { checked, LabError } from './error.js';
import { type TrackingOptions, trackingTable } from './ruleset.js';
import type { Step } from './wire/message.js';
import { addTables, type Table } from './wire/nftables.js';
import { LOOPBACK, linkUp, NETLINK_ROUTE } from './wire/rtnetlink.js';
import { transact } from './wire/transact.js';

/** How a program that ran inside a namespace ended. */
export interface RunResult {
  /** Exit status; `null` when a signal ended it. */
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** How a program runs inside. */
export interface RunOptions {
  /** Written to its standard input, which is then closed. */
  input?: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  signal?: AbortSignal;
}

/**
 * A private network namespace. It has no name and lives as long as something holds it: this object, a socket in it, a child.
 *
 * @example
 * ```ts
 * import { Namespace } from '@conntrack/lab';
 *
 * using namespace = Namespace.create();
 * await namespace.trackingOn();
 * console.log((await namespace.run('conntrack', ['-L'])).stdout);
 * ```
 */
export class Namespace implements Disposable {
  #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** A new namespace, with nothing but a loopback device that is down. @throws LabError without the privilege; NativeMissingError */
  static create(): Namespace {
    return new Namespace(checked(native().createNetnsSync(), 'create a network namespace'));
  }

  /** Its descriptor in this process. @throws LabError once closed */
  get fd(): number {
    if (this.#fd < 0) throw new LabError('use the namespace', undefined, 'it is closed');
    return this.#fd;
  }

  /** A path that names it for every process of this user: for nsenter(1), or the netlink client's `netns`. */
  get path(): string {
    return `/proc/${process.pid}/fd/${this.fd}`;
  }

  /** Lets go of it. Sockets and children inside keep it alive until they end. */
  close(): void {
    if (this.#fd < 0) return;
    closeSync(this.#fd);
    this.#fd = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Sets `net.…` (dots or slashes, with or without the `net.`) as this namespace has it. @throws LabError naming the setting */
  sysctl(name: string, value: string | number): void {
    const data = new TextEncoder().encode(String(value));
    checked(native().writeFile(this.fd, sysctlPath(name), data), `set ${name} to ${value}`);
  }

  /** Reads such a setting, without its newline. @throws LabError naming the setting */
  readSysctl(name: string): string {
    const into = new Uint8Array(4096);
    const length = checked(native().readFile(this.fd, sysctlPath(name), into), `read ${name}`);
    return new TextDecoder().decode(into.subarray(0, length)).trimEnd();
  }

  /** A socket inside; its owner closes it. Numbers are socket(2)'s. @throws LabError */
  socket(domain: number, type: number, protocol: number): number {
    return checked(native().socket(domain, type, protocol, this.fd), 'open a socket in the namespace');
  }

  /** A child process inside, through nsenter(1) of util-linux. */
  spawn(command: string, args: readonly string[] = [], options: SpawnOptions = {}): ChildProcess {
    return spawn('nsenter', [`--net=${this.path}`, '--', command, ...args], options);
  }

  /** Runs a program inside to its end. It rejects only when nsenter cannot be started or `signal` aborts: look at `status`. */
  run(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<RunResult> {
    const { input, ...rest } = options;
    const child = this.spawn(command, args, { ...rest, stdio: ['pipe', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name]!.setEncoding('utf8').on('data', (chunk: string) => {
        output[name] += chunk;
      });
    // A program that does not read its input is not a failure of ours.
    child.stdin!.on('error', () => {}).end(input ?? '');
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status, signal) => resolve({ status, signal, ...output }));
    });
  }

  /** Sets the loopback device up. */
  loopbackUp(): Promise<void> {
    return this.configure([linkUp(LOOPBACK)]);
  }

  /**
   * Has the kernel track IPv4 and IPv6 here: without a rule that looks at `ct state` it tracks nothing.
   * Needs no nft(8). @throws LabError where the kernel has no nf_tables
   */
  trackingOn(options: TrackingOptions = {}): Promise<void> {
    return this.addTables([trackingTable(options)]);
  }

  /** @internal rtnetlink requests. */
  configure(steps: readonly Step[]): Promise<void> {
    return transact(this.fd, NETLINK_ROUTE, steps);
  }

  /** @internal nf_tables tables, all or nothing. */
  addTables(tables: readonly Table[]): Promise<void> {
    return transact(this.fd, NETLINK_NETFILTER, addTables(tables));
  }
}

/** `ipv4.ip_forward`, `net.ipv4.ip_forward` and `net/ipv4/ip_forward` are one. Interface names with dots need the slashes. */
const sysctlPath = (name: string): string => {
  const path = name.includes('/') ? name : name.replaceAll('.', '/');
  return `/proc/sys/net/${path.replace(/^net\//, '')}`;
};
