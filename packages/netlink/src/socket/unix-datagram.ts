import { native } from './native.js';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
/** The event loop must not wait for a slow receiver. */
const SOCK_NONBLOCK = 0o4000;
/** `sizeof(sun_path)` (linux/un.h). */
const MAX_PATH = 108;

/** Makes a sockaddr_un: family in host byte order, then the path. A path that begins with `@` is an abstract name, and begins with a zero byte. */
function sockaddr(path: string): Uint8Array {
  const name = Buffer.from(path);
  if (name.length === 0 || name.length >= MAX_PATH)
    throw new RangeError(`the path of a socket must have 1 to ${MAX_PATH - 1} bytes: '${path}'`);
  if (name[0] === 0x40) name[0] = 0;
  const family = new Uint8Array(new Uint16Array([AF_UNIX]).buffer);
  // A path ends with a zero; an abstract name ends with its length.
  return Buffer.concat([family, name, ...(name[0] === 0 ? [] : [Buffer.of(0)])]);
}

/**
 * Sends one datagram to a unix socket, for example to the service manager (sd_notify(3)). Node has no function for this. `@name` is an
 * abstract name.
 *
 * @throws RangeError for a path that is too long; Error with the system's error name if nobody receives there
 */
export function sendUnixDatagram(path: string, text: string): void {
  const address = sockaddr(path);
  const addon = native();
  const check = (result: number): number => {
    if (result < 0)
      throw new Error(`cannot send to ${path}: ${process.getBuiltinModule('node:util').getSystemErrorName(result)}`);
    return result;
  };
  const fd = check(addon.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, -1));
  try {
    check(addon.connect(fd, address));
    check(addon.send(fd, Buffer.from(text)));
  } finally {
    addon.close(fd);
  }
}
