import { describeMessage } from '../wire/describe.js';
import { messages } from '../wire/message.js';
import type { Native } from './native.js';

/** Wraps the system calls so that every message is reported as a line: `->` for sent ones, `<-` for received ones. */
export function traced(addon: Native, tell: (line: string) => void): Native {
  const show = (arrow: string, fd: number | string, bytes: Uint8Array): void => {
    try {
      for (const message of messages(bytes)) tell(`netlink ${fd} ${arrow} ${describeMessage(bytes, message)}`);
    } catch (error) {
      tell(`netlink ${fd} ${arrow} ${(error as Error).message}: 0x${Buffer.from(bytes).toString('hex')}`);
    }
  };
  const received = (fd: number | string, bytes: Uint8Array, length: number): number => {
    if (length >= 0) show('<-', fd, bytes.subarray(0, length));
    else tell(`netlink ${fd} <- errno ${-length}`);
    return length;
  };
  const buffers = new WeakMap<object, Uint8Array[]>();
  return {
    ...addon,
    send(fd, data) {
      show('->', fd, data);
      return addon.send(fd, data);
    },
    receive(fd, into, milliseconds) {
      return received(fd, into, addon.receive(fd, into, milliseconds));
    },
    exchange(fd, request, response, sequence, milliseconds) {
      show('->', fd, request);
      const length = addon.exchange(fd, request, response, sequence, milliseconds);
      return typeof length === 'number'
        ? received(fd, response, length)
        : length.then(value => received(fd, response, value));
    },
    stream(fd, request, dump, callback) {
      show('->', fd, request);
      const given: Uint8Array[] = [];
      const stream = addon.stream(fd, request, dump, (length, errno, over) => {
        const buffer = over ? undefined : given.shift();
        if (buffer !== undefined) received(fd, buffer, length);
        if (errno !== 0) received(fd, new Uint8Array(0), -errno);
        callback(length, errno, over);
      });
      if (typeof stream !== 'number') buffers.set(stream, given);
      return stream;
    },
    give(stream, buffer, marks) {
      const result = addon.give(stream, buffer, marks);
      if (result === 0) buffers.get(stream)?.push(buffer);
      return result;
    },
  };
}
