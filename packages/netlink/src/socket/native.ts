import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An open stream of the addon; only its functions know what is in it. */
declare const streamBrand: unique symbol;
export type NativeStream = { readonly [streamBrand]: true };

/** The addon's functions (native/conntrack_netlink.c). Every number is negative errno on failure. */
export interface Native {
  /** A socket's file descriptor, in a network namespace given by descriptor; −1 is the process's own. */
  socket(domain: number, type: number, protocol: number, netns: number): number;
  /** The descriptor of a new network namespace, which lives as long as something holds it. Off the event loop: a host that is taking namespaces down lets it wait. */
  createNetns(): Promise<number> | number;
  /** The same within the call. */
  createNetnsSync(): number;
  /** Reads a file as a thread of that namespace sees it (`/proc/sys/net`). Length. */
  readFile(netns: number, path: string, into: Uint8Array): number;
  writeFile(netns: number, path: string, data: Uint8Array): number;
  bind(fd: number, sockaddr: Uint8Array): number;
  connect(fd: number, sockaddr: Uint8Array): number;
  setsockopt(fd: number, level: number, name: number, value: number): number;
  getsockopt(fd: number, level: number, name: number): number;
  close(fd: number): number;
  /** One message or several in one system call; its length. */
  send(fd: number, data: Uint8Array): number;
  /** One datagram; −EMSGSIZE when it does not fit, −ETIMEDOUT when none came in time. */
  receive(fd: number, into: Uint8Array, milliseconds: number): number;
  /** Sends, and receives until the request with this sequence number is acknowledged or refused, off the event loop. */
  exchange(
    fd: number,
    request: Uint8Array,
    response: Uint8Array,
    sequence: number,
    milliseconds: number,
  ): Promise<number> | number;
  /** Starts a receiving thread, which owns `fd` from here on. `callback` comes once for each buffer given, and once with `over`. */
  stream(
    fd: number,
    request: Uint8Array,
    dump: boolean,
    callback: (length: number, errno: number, over: boolean) => void,
  ): NativeStream | number;
  /** Hands over a buffer (at least 32 KiB) and an array that gets the number of datagrams, then offset and nsid of each. */
  give(stream: NativeStream, buffer: Uint8Array, marks: Int32Array): number;
  /** Whether the stream keeps the process alive; at first it does not. Not after `over`. */
  hold(stream: NativeStream, alive: boolean): number;
  /** Asks the thread to end; it says so by `over`. */
  end(stream: NativeStream): number;
}

/** The addon is not there or does not load. */
export class NativeMissingError extends Error {
  readonly code = 'NATIVE_MISSING';
  override readonly name = 'NativeMissingError';
}

const require = createRequire(import.meta.url);
let loaded: Native | undefined;

/** Where the addon is looked for: in `build/` of the package, from src/ and from dist/ alike, or where CONNTRACK_NETLINK_ADDON says. */
export function addonFile(): string {
  const told = process.env.CONNTRACK_NETLINK_ADDON;
  if (told !== undefined) return told;
  const name = `build/conntrack_netlink-linux-${process.arch}.node`;
  // From dist/ or src/socket/ of the package.
  for (const place of ['../', '../../']) {
    const file = fileURLToPath(new URL(place + name, import.meta.url));
    if (existsSync(file)) return file;
  }
  try {
    // Bundled into a program: the package is installed beside it.
    return join(dirname(require.resolve('@conntrack/netlink')), '..', name);
  } catch {
    return fileURLToPath(new URL(`../${name}`, import.meta.url));
  }
}

/** The addon, loaded at first use. @throws NativeMissingError naming what was tried and the command that builds it. */
export function native(): Native {
  if (loaded !== undefined) return loaded;
  const { platform, arch } = process;
  if (platform !== 'linux')
    throw new NativeMissingError(
      `connection tracking is available on Linux only; this is ${platform}. Read a capture instead`,
    );
  const file = addonFile();
  const fix =
    'build it in the package @conntrack/netlink with: node scripts/build-native.mjs (needs: apt install gcc libc6-dev)';
  if (!existsSync(file))
    throw new NativeMissingError(`the native part for linux ${arch} is missing at ${file}; ${fix}`);
  try {
    loaded = require(file) as Native;
  } catch (cause) {
    throw new NativeMissingError(`the native part ${file} cannot be loaded; ${fix}`, { cause });
  }
  return loaded;
}
