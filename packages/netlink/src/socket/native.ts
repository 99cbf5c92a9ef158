import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Makes the type of a stream opaque. */
declare const streamBrand: unique symbol;
/** An open stream of the addon. Only its functions know the content. */
export type NativeStream = { readonly [streamBrand]: true };

/** The functions of the addon (native/conntrack_netlink.c). Every number is a negative errno on failure. */
export interface Native {
  /** Opens a socket in the network namespace of a descriptor; −1 means the process's own namespace. Returns the file descriptor. */
  socket(domain: number, type: number, protocol: number, netns: number): number;
  /**
   * Returns the descriptor of a new network namespace, which exists as long as something holds it. Off the event loop, because it can wait
   * while the host destroys other namespaces.
   */
  createNetns(): Promise<number> | number;
  /** {@link createNetns} as a synchronous call. */
  createNetnsSync(): number;
  /** Reads a file as a thread of that namespace sees it (`/proc/sys/net`). Returns its length. */
  readFile(netns: number, path: string, into: Uint8Array): number;
  writeFile(netns: number, path: string, data: Uint8Array): number;
  bind(fd: number, sockaddr: Uint8Array): number;
  connect(fd: number, sockaddr: Uint8Array): number;
  setsockopt(fd: number, level: number, name: number, value: number): number;
  getsockopt(fd: number, level: number, name: number): number;
  close(fd: number): number;
  /** Sends one or several messages in one system call; returns the number of bytes. */
  send(fd: number, data: Uint8Array): number;
  /** Receives one datagram; returns −EMSGSIZE if it does not fit, −ETIMEDOUT if none arrived in time. */
  receive(fd: number, into: Uint8Array, milliseconds: number): number;
  /** Sends, and receives until the request with this sequence number is acknowledged or refused, off the event loop. */
  exchange(
    fd: number,
    request: Uint8Array,
    response: Uint8Array,
    sequence: number,
    milliseconds: number,
  ): Promise<number> | number;
  /** Starts a receiving thread, which owns `fd` from now on. It calls `callback` once for each filled buffer, and once with `over` at its end. */
  stream(
    fd: number,
    request: Uint8Array,
    dump: boolean,
    callback: (length: number, errno: number, over: boolean) => void,
  ): NativeStream | number;
  /** Gives the thread a buffer (at least 32 KiB) and an array, into which it writes the number of datagrams, then offset and nsid of each. */
  give(stream: NativeStream, buffer: Uint8Array, marks: Int32Array): number;
  /** Sets whether the stream keeps the process alive; at first it does not. Not allowed after `over`. */
  hold(stream: NativeStream, alive: boolean): number;
  /** Asks the thread to end. It confirms with `over`. */
  end(stream: NativeStream): number;
}

/** Thrown if the addon is missing or cannot be loaded. */
export class NativeMissingError extends Error {
  readonly code = 'NATIVE_MISSING';
  override readonly name = 'NativeMissingError';
}

const require = createRequire(import.meta.url);
let loaded: Native | undefined;

/** Returns the path of the addon: in the package's `build/` (from src/ and from dist/), or the value of CONNTRACK_NETLINK_ADDON. */
export function addonFile(): string {
  const told = process.env.CONNTRACK_NETLINK_ADDON;
  if (told !== undefined) return told;
  const name = `build/conntrack_netlink-linux-${process.arch}.node`;
  // From dist/ or src/socket/ of the package.
  for (const place of ['../', '../../']) {
    const file = fileURLToPath(new URL(place + name, import.meta.url));
    if (existsSync(file)) return file;
  }
  // In a bundled program, the package is installed beside it. Node's resolution takes some milliseconds, so the usual places come first.
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const file = join(folder, 'node_modules/@conntrack/netlink', name);
    if (existsSync(file)) return file;
    if (folder === dirname(folder)) break;
  }
  try {
    return join(dirname(require.resolve('@conntrack/netlink')), '..', name);
  } catch {
    return fileURLToPath(new URL(`../${name}`, import.meta.url));
  }
}

/** Returns the addon, loaded at its first use. @throws NativeMissingError, which names what was tried and the command that builds the addon */
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
