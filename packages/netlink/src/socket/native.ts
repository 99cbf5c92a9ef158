import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

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

let loaded: Native | undefined;

/** The folder of the file with this code. Bundled as CommonJS it has no `import.meta.dirname`, and `__dirname` instead. */
const ownFolder = (): string => (import.meta as { dirname?: string }).dirname ?? __dirname;

/** The folders of addons in the package: what was compiled on this machine comes before what the package includes. */
const FOLDERS = ['build', 'prebuilds'];

/**
 * Returns the path of the addon: the value of CONNTRACK_NETLINK_ADDON, or a file of the package. `undefined` if the package has none for
 * this architecture.
 */
export function addonFile(): string | undefined {
  const told = process.env.CONNTRACK_NETLINK_ADDON;
  if (told !== undefined) return told;
  const name = `conntrack_netlink-linux-${process.arch}.node`;
  const foundIn = (root: string): string | undefined =>
    FOLDERS.map(folder => join(root, folder, name)).find(file => existsSync(file));
  const here = ownFolder();
  // From dist/ or src/socket/ of the package.
  for (const root of [join(here, '..'), join(here, '../..')]) {
    const file = foundIn(root);
    if (file !== undefined) return file;
  }
  // In a bundled program, the package is installed beside it. Node's resolution takes some milliseconds, so the usual places come first.
  for (let folder = here; ; folder = dirname(folder)) {
    const file = foundIn(join(folder, 'node_modules/@conntrack/netlink'));
    if (file !== undefined) return file;
    if (folder === dirname(folder)) break;
  }
  try {
    const { createRequire } = process.getBuiltinModule('node:module');
    return foundIn(join(dirname(createRequire(join(here, 'native.js')).resolve('@conntrack/netlink')), '..'));
  } catch {
    return undefined;
  }
}

/** How the addon is compiled, from the folder of a project that has the package installed, or from the package in a clone. */
const BUILD =
  'compile it: npm i node-api-headers && node node_modules/@conntrack/netlink/scripts/build-native.mjs (in a clone of the repository: npx -y pnpm@12.21.0 build), with a C compiler (apt install gcc libc6-dev)';

/** Returns why the addon cannot work in this process; `undefined` if it can. */
function unsupported(): string | undefined {
  if (process.platform !== 'linux')
    return `connection tracking is available on Linux only; this is ${process.platform}. Read a capture instead`;
  // Bun ends the whole process at the first call of a function that it lacks.
  if (process.versions.bun !== undefined)
    return 'Bun lacks functions of Node.js that the native part needs (uv_thread_create). Use Node.js for the live table; captures work in Bun';
  return undefined;
}

/** Returns the addon, loaded at its first use. @throws NativeMissingError, which names what was tried and the command that builds the addon */
export function native(): Native {
  if (loaded !== undefined) return loaded;
  const reason = unsupported();
  if (reason !== undefined) throw new NativeMissingError(reason);
  const file = addonFile();
  if (file === undefined)
    throw new NativeMissingError(`@conntrack/netlink has no native part for linux ${process.arch}; ${BUILD}`);
  if (!existsSync(file)) throw new NativeMissingError(`the native part is missing at ${file}; ${BUILD}`);
  try {
    // Faster than a `require` of the file: the module loader takes longer than the addon.
    const module = { exports: {} as Native };
    process.dlopen(module, file);
    loaded = module.exports;
  } catch (cause) {
    throw new NativeMissingError(`the native part ${file} cannot be loaded: ${String(cause)}; ${BUILD}`, { cause });
  }
  return loaded;
}
