import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { describe, expect, test, vi } from 'vitest';
import { Conntrack } from '../../src/index.js';
import { addonFile, type Native, native } from '../../src/socket/native.js';
import { collect, noKernel, privateTable, ref, tcp, udp } from '../support.js';

const EINVAL = -22;
const EBADF = -9;
const EMSGSIZE = -90;
const ETIMEDOUT = -110;
const openDescriptors = (): number => readdirSync('/proc/self/fd').length;
const threads = (): number => Number(/Threads:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
const residentMiB = (): number => process.memoryUsage.rss() / 2 ** 20;
/**
 * Waits until there are no more descriptors and threads than before. Threads end, and close their descriptors, only when they return from
 * the kernel.
 */
const settled = async (before: { descriptors: number; threads?: number }): Promise<void> => {
  await expect.poll(() => openDescriptors() - before.descriptors).toBeLessThanOrEqual(0);
  if (before.threads !== undefined) await expect.poll(threads).toBeLessThanOrEqual(before.threads);
};
const addon = addonFile() ?? '';

/** Makes a CT_GET (or CT_GET_STATS) dump request in host byte order, without our own encoder. */
const request = (message: number, flags: number): Uint8Array => {
  const bytes = new Uint8Array(20);
  new Uint32Array(bytes.buffer)[0] = 20;
  new Uint16Array(bytes.buffer).set([0x100 | message, flags], 2);
  new Uint32Array(bytes.buffer)[2] = 7;
  bytes.set([0, 1], 16);
  return bytes;
};

describe.skipIf(process.platform !== 'linux')(`system calls (on ${process.platform})`, () => {
  test('system calls refuse invalid arguments', () => {
    const calls = native() as unknown as Record<string, (...args: unknown[]) => unknown>;
    for (const [name, call] of Object.entries(calls)) {
      if (name.startsWith('createNetns')) continue;
      for (const args of [
        [],
        ['x'],
        [null, null, null, null, null],
        ['1', {}, [], 'x', () => {}],
        [{}, new Float64Array(2), 3, 4, 5],
      ])
        expect([name, call(...args)]).toEqual([name, EINVAL]);
    }
  });

  test('errors of system calls are negative errnos', () => {
    expect(native().close(-1)).toBe(EBADF);
    expect(native().send(-1, new Uint8Array(4))).toBe(EBADF);
    expect(native().receive(-1, new Uint8Array(4), 0)).toBe(EBADF);
    expect(native().socket(9999, 1, 0, -1)).toBeLessThan(0);
    expect(native().readFile(-1, '/proc/nothing', new Uint8Array(4))).toBe(-2);
  });

  test('a datagram that does not fit is refused, and a missing one is a timeout', () => {
    const fd = native().socket(16, 3, 12, -1);
    expect(native().receive(fd, new Uint8Array(64), 5)).toBe(ETIMEDOUT);
    native().send(fd, request(5, 1));
    expect(native().receive(fd, new Uint8Array(8), 1000)).toBe(EMSGSIZE);
    expect(native().close(fd)).toBe(0);
    expect(native().close(fd)).toBe(EBADF);
  });

  test('streams refuse small buffers, and buffers after their end', async () => {
    const fd = native().socket(16, 3, 12, -1);
    let ended: (() => void) | undefined;
    const over = new Promise<void>(resolve => {
      ended = resolve;
    });
    const stream = native().stream(fd, new Uint8Array(0), false, (_length, _errno, isOver) => isOver && ended?.());
    if (typeof stream === 'number') throw new Error(`errno ${-stream}`);
    expect(native().give(stream, new Uint8Array(1024), new Int32Array(3))).toBe(EINVAL);
    expect(native().give(stream, new Uint8Array(32768), new Int32Array(1))).toBe(EINVAL);
    native().hold(stream, true);
    native().end(stream);
    native().end(stream);
    await over;
    native().end(stream);
    expect(native().give(stream, new Uint8Array(32768), new Int32Array(3))).toBe(-11);
    expect(native().close(fd)).toBe(EBADF);
  });
});

test('a slow consumer pauses the dump', async context => {
  let [received, told] = [0, 0];
  const calls: Native = {
    ...native(),
    stream: (fd, bytes, dump, callback) =>
      native().stream(fd, bytes, dump, (length, errno, over) => {
        received += length;
        callback(length, errno, over);
      }),
  };
  const conntrack = privateTable(context, { native: calls });
  await collect(conntrack.createMany(Array.from({ length: 30_000 }, (_, port) => udp(port))));
  for await (const slab of conntrack.dump()) {
    if (told === 0) {
      await new Promise(resolve => setTimeout(resolve, 300));
      // Only the slabs that were in use: there are 6 MB in all.
      expect(received).toBeGreaterThan(0);
      expect(received).toBeLessThan(2 ** 20);
    }
    for (const cursor = slab.cursor(); cursor.next(); ) told++;
  }
  expect(told).toBe(30_000);
  expect(received).toBeGreaterThan(5e6);
});

describe('nothing is left behind', () => {
  test('hundreds of dumps that were left or aborted leave nothing behind', async context => {
    const conntrack = privateTable(context);
    // Enough entries that the first slab arrives long before the end.
    await collect(conntrack.createMany(Array.from({ length: 20_000 }, (_, port) => udp(port))));
    const round = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const controller = new AbortController();
        try {
          for await (const _ of conntrack.dump({ signal: controller.signal })) {
            if (i % 2 === 0) break;
            controller.abort();
          }
        } catch (error) {
          expect((error as Error).name).toBe('AbortError');
        }
      }
    };
    const descriptors = openDescriptors();
    await round(50);
    await settled({ descriptors });
    const before = { descriptors, threads: threads(), resident: residentMiB() };
    await Promise.all([round(200), round(200)]);
    await settled(before);
    expect(residentMiB() - before.resident).toBeLessThan(64);
  });

  test('a dump that is aborted before its first slab leaves nothing behind', async context => {
    const conntrack = privateTable(context);
    const before = { descriptors: openDescriptors() };
    for (let i = 0; i < 100; i++) {
      const controller = new AbortController();
      const dump = collect(conntrack.dump({ signal: controller.signal }));
      controller.abort();
      await expect(dump).rejects.toMatchObject({ name: 'AbortError' });
    }
    await settled(before);
  });

  test('event streams that were closed leave nothing behind', async context => {
    const conntrack = privateTable(context);
    await conntrack.create(tcp(1));
    const before = { descriptors: openDescriptors(), threads: threads() };
    for (let i = 0; i < 200; i++) conntrack.events({ buffer: 10 }).close();
    await conntrack.delete(ref(tcp(1)));
    await settled(before);
  });
});

/** Opens streams and leaves them open: a subscription that waits, and one that never got a buffer. */
const LEAVE_OPEN = `
const addon = require(${JSON.stringify(addon)});
const netns = addon.createNetnsSync();
const stream = given => {
  const fd = addon.socket(16, 3, 12, netns);
  const stream = addon.stream(fd, new Uint8Array(${JSON.stringify([...request(1, 0x301)])}), true, () => {});
  for (let i = 0; i < given; i++) addon.give(stream, new Uint8Array(65536), new Int32Array(9));
  return stream;
};
const fd = addon.socket(16, 3, 12, netns);
const listening = addon.stream(fd, new Uint8Array(0), false, () => {});
addon.give(listening, new Uint8Array(65536), new Int32Array(9));
const kept = [stream(0), stream(1), listening];
`;

describe.skipIf(noKernel !== undefined)(`ends at any moment (${noKernel ?? 'real'})`, () => {
  test('a worker can be terminated with open streams', async () => {
    const before = { descriptors: openDescriptors(), threads: threads() };
    for (let i = 0; i < 10; i++) {
      const worker = new Worker(
        `${LEAVE_OPEN} setInterval(() => kept, 1000); require('node:worker_threads').parentPort.postMessage(1);`,
        {
          eval: true,
        },
      );
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
      expect(await worker.terminate()).toBe(1);
    }
    // The workers close their own namespaces; the sockets of the streams are closed.
    await settled({ descriptors: before.descriptors + 10, threads: before.threads });
  });

  test('a terminated worker closes its own netlink sockets, and no others', async () => {
    const before = openDescriptors();
    // The last socket is closed without the addon's knowledge, and its number is given to a file of the main thread.
    const worker = new Worker(
      `const addon = require(${JSON.stringify(addon)});
       for (let i = 0; i < 20; i++) addon.socket(16, 3, 12, -1);
       const { parentPort } = require('node:worker_threads');
       const fd = addon.socket(16, 3, 12, -1);
       require('node:fs').closeSync(fd);
       parentPort.postMessage(fd);
       setInterval(() => {}, 1000);`,
      { eval: true },
    );
    const number = await new Promise<number>((resolve, reject) =>
      worker.once('message', resolve).once('error', reject),
    );
    const file = openSync('/proc/self/status', 'r');
    expect(file).toBe(number);
    await worker.terminate();
    await settled({ descriptors: before + 1 });
    expect(readlinkSync(`/proc/self/fd/${file}`)).toContain('status');
    closeSync(file);
  });

  test.for(['process.exit(3)', 'process.exitCode = 3', 'process.kill(process.pid, "SIGTERM")'])(
    'a process can end by %s with open streams',
    how => {
      const { status, signal, stderr } = spawnSync(process.execPath, ['-e', `${LEAVE_OPEN} ${how}`], {
        timeout: 100_000,
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      expect(how.includes('SIGTERM') ? signal : status).toBe(how.includes('SIGTERM') ? 'SIGTERM' : 3);
    },
  );

  test('a callback that throws is an uncaught exception, not a crash', () => {
    const code = `
      const addon = require(${JSON.stringify(addon)});
      const stream = addon.stream(addon.socket(16, 3, 12, addon.createNetnsSync()), new Uint8Array(0), false, () => { throw new Error('thrown inside') });
      addon.end(stream); setTimeout(() => {}, 2000);`;
    const { status, stderr } = spawnSync(process.execPath, ['-e', code], { timeout: 100_000, encoding: 'utf8' });
    expect(stderr).toContain('thrown inside');
    expect(status).not.toBe(null);
  });
});

test('the addon runs with glibc 2.17, and does not contain pthreads', context => {
  context.skip(process.env.CONNTRACK_NETLINK_ADDON !== undefined, 'this is another addon: CONNTRACK_NETLINK_ADDON');
  let symbols: string;
  try {
    symbols = execFileSync('objdump', ['-T', addon], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return context.skip('objdump (binutils) is not installed');
  }
  expect(symbols).not.toContain('pthread_');
  const versions = [...symbols.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
  expect(Math.max(...versions)).toBeLessThanOrEqual(17);
});

describe('where the addon cannot work', () => {
  const opened = async () => {
    vi.resetModules();
    const fresh = await import('../../src/index.js');
    return expect(() => fresh.Conntrack.open());
  };
  const stubbed = (name: 'platform' | 'arch' | 'versions', value: unknown): (() => void) => {
    const own = Object.getOwnPropertyDescriptor(process, name)!;
    Object.defineProperty(process, name, { ...own, value });
    return () => Object.defineProperty(process, name, own);
  };
  const missing = (message: RegExp) =>
    expect.objectContaining({ code: 'NATIVE_MISSING', message: expect.stringMatching(message) });

  test('a missing addon is an error that names the fix, and only when the addon is needed', async context => {
    vi.stubEnv('CONNTRACK_NETLINK_ADDON', '/nowhere/addon.node');
    context.onTestFinished(() => void vi.unstubAllEnvs());
    (await opened()).toThrow(missing(/\/nowhere\/addon\.node.*build-native\.mjs.*apt install gcc libc6-dev/));
  });

  test('a file that cannot be loaded is named, with the reason of the loader', async context => {
    vi.stubEnv('CONNTRACK_NETLINK_ADDON', '/etc/passwd');
    context.onTestFinished(() => void vi.unstubAllEnvs());
    (await opened()).toThrow(missing(/\/etc\/passwd cannot be loaded.*(ELF|file too short)/));
  });

  test.each([
    ['platform', 'darwin', /Linux only; this is darwin\. Read a capture/],
    ['arch', 'riscv64', /no native part for linux riscv64; compile it: npm i node-api-headers/],
    ['versions', { ...process.versions, bun: '1.4.5' }, /Bun lacks functions .* Use Node\.js/],
  ] as const)('another %s is an error that says so', async (name, value, message) => {
    vi.stubEnv('CONNTRACK_NETLINK_ADDON', undefined);
    const restore = stubbed(name, value);
    try {
      (await opened()).toThrow(missing(message));
    } finally {
      restore();
      vi.unstubAllEnvs();
    }
  });
});

test('missing namespaces are reported', () => {
  for (const netns of ['no-such-namespace', '/proc/0/ns/net'])
    expect(() => Conntrack.open({ netns })).toThrow(
      expect.objectContaining({ code: 'NAMESPACE_NOT_FOUND', operation: 'open' }),
    );
  for (const [netns, message] of [
    ['/etc/passwd', "'/etc/passwd' is not a network namespace. Use a name from 'ip netns list'"],
    ['/etc', "'/etc' is not a network namespace"],
    ['/proc/self/ns/uts', "'/proc/self/ns/uts' is not a network namespace"],
    ['no-such-namespace', "network namespace 'no-such-namespace' not found"],
    ['/proc/0/ns/net', 'network namespace not found: /proc/0/ns/net'],
  ] as const)
    expect(() => Conntrack.open({ netns })).toThrow(message);
  // None of these means the process's own namespace.
  for (const netns of [99_999, -1, Number.NaN, 1.5, null] as never[])
    expect(() => Conntrack.open({ netns })).toThrow(expect.objectContaining({ code: 'EBADF', operation: 'open' }));
});
