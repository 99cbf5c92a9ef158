import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { NETLINK_NETFILTER, native } from '@conntrack/netlink/raw';
import { checked, LabError } from './error.js';
import { type TrackingOptions, trackingTable } from './ruleset.js';
import type { Step } from './wire/message.js';
import { addTables, type Table } from './wire/nftables.js';
import { LOOPBACK, linkUp, NETLINK_ROUTE } from './wire/rtnetlink.js';
import { transact } from './wire/transact.js';

/** The result of a program that ran in a namespace. */
export interface RunResult {
  /** Exit status; `null` if a signal ended the program. */
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Options for running a program in a namespace. */
export interface RunOptions {
  /** Text for the program's standard input, which is then closed. */
  input?: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Aborts the program. */
  signal?: AbortSignal;
}

/**
 * A private network namespace. It has no name, and exists as long as something holds it: this object, a socket in it, or a child process.
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

  /** Creates a namespace with only a loopback device, which is down. @throws LabError without the privilege; NativeMissingError */
  static create(): Namespace {
    return new Namespace(checked(native().createNetnsSync(), 'create a network namespace'));
  }

  /** The descriptor of the namespace in this process. @throws LabError after `close()` */
  get fd(): number {
    if (this.#fd < 0) throw new LabError('use the namespace', undefined, 'it is closed');
    return this.#fd;
  }

  /** A path to the namespace that every process of this user can open: for nsenter(1), or the netlink client's `netns`. */
  get path(): string {
    return `/proc/${process.pid}/fd/${this.fd}`;
  }

  /** Closes the descriptor. Sockets and child processes in the namespace keep it alive until they end. */
  close(): void {
    if (this.#fd < 0) return;
    closeSync(this.#fd);
    this.#fd = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Sets a `net.…` sysctl of this namespace (with dots or slashes, with or without `net.`). @throws LabError, which names the setting */
  sysctl(name: string, value: string | number): void {
    const data = new TextEncoder().encode(String(value));
    checked(native().writeFile(this.fd, sysctlPath(name), data), `set ${name} to ${value}`);
  }

  /** Reads a `net.…` sysctl of this namespace, without its newline. @throws LabError, which names the setting */
  readSysctl(name: string): string {
    const into = new Uint8Array(4096);
    const length = checked(native().readFile(this.fd, sysctlPath(name), into), `read ${name}`);
    return new TextDecoder().decode(into.subarray(0, length)).trimEnd();
  }

  /** Opens a socket in the namespace; the caller closes it. The numbers are those of socket(2). @throws LabError */
  socket(domain: number, type: number, protocol: number): number {
    return checked(native().socket(domain, type, protocol, this.fd), 'open a socket in the namespace');
  }

  /** Starts a child process in the namespace, with nsenter(1) of util-linux. */
  spawn(command: string, args: readonly string[] = [], options: SpawnOptions = {}): ChildProcess {
    return spawn('nsenter', [`--net=${this.path}`, '--', command, ...args], options);
  }

  /** Runs a program in the namespace to its end. Rejects only if nsenter cannot be started or `signal` aborts: check `status`. */
  run(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<RunResult> {
    const { input, ...rest } = options;
    const child = this.spawn(command, args, { ...rest, stdio: ['pipe', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name]!.setEncoding('utf8').on('data', (chunk: string) => {
        output[name] += chunk;
      });
    // It is not an error if a program does not read its input.
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
   * Makes the kernel track IPv4 and IPv6 in this namespace: it tracks nothing until a rule uses `ct state`. Does not need nft(8). @throws
   * LabError if the kernel has no nf_tables
   */
  trackingOn(options: TrackingOptions = {}): Promise<void> {
    return this.addTables([trackingTable(options)]);
  }

  /** @internal Sends rtnetlink requests. */
  configure(steps: readonly Step[]): Promise<void> {
    return transact(this.fd, NETLINK_ROUTE, steps);
  }

  /** @internal Adds nf_tables tables, all or none. */
  addTables(tables: readonly Table[]): Promise<void> {
    return transact(this.fd, NETLINK_NETFILTER, addTables(tables));
  }
}

/** `ipv4.ip_forward`, `net.ipv4.ip_forward` and `net/ipv4/ip_forward` are equal. Interface names that contain dots need the slashes. */
const sysctlPath = (name: string): string => {
  const path = name.includes('/') ? name : name.replaceAll('.', '/');
  return `/proc/sys/net/${path.replace(/^net\//, '')}`;
};
