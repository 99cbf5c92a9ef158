import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { sendUnixDatagram } from '../../src/index.js';
import { native } from '../../src/socket/native.js';

const folder = mkdtempSync(join(tmpdir(), 'conntrack-datagram-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A socket that receives at a path, or at an abstract name. */
function receiver(path: string): { next(): string; close(): void } {
  const addon = native();
  const fd = addon.socket(1, 2, 0, -1);
  const name = Buffer.from(path.replace('@', '\0'));
  expect(addon.bind(fd, Buffer.concat([Buffer.from(new Uint16Array([1]).buffer), name]))).toBe(0);
  const into = new Uint8Array(1024);
  return {
    next: () => Buffer.from(into.subarray(0, addon.receive(fd, into, 1000))).toString(),
    close: () => void addon.close(fd),
  };
}

test.each([join(folder, 'notify'), `@conntrack-test-${process.pid}`])('a datagram arrives at %s', path => {
  const there = receiver(path);
  sendUnixDatagram(path, 'READY=1\nSTATUS=listening');
  expect(there.next()).toBe('READY=1\nSTATUS=listening');
  there.close();
});

test('sending fails if nobody listens at the path, or the path is not valid', () => {
  expect(() => sendUnixDatagram(join(folder, 'none'), 'x')).toThrow(/ENOENT/);
  expect(() => sendUnixDatagram('', 'x')).toThrow(RangeError);
  expect(() => sendUnixDatagram(`/${'x'.repeat(200)}`, 'x')).toThrow(RangeError);
});

test('a slow receiver does not block the sender', () => {
  const path = join(folder, 'behind');
  const there = receiver(path);
  expect(() => {
    for (let i = 0; i < 100_000; i++) sendUnixDatagram(path, 'x'.repeat(1000));
  }).toThrow(/EAGAIN/);
  there.close();
});
