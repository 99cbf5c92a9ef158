import type { FlowEvent } from '@conntrack/flow';
import type { Native } from '../socket/native.js';
import { describeMessage } from '../wire/describe.js';
import { type Message, messages } from '../wire/message.js';
import { type Answer, eventMessage } from './answers.js';
import { scriptedStreams } from './scripted-streams.js';

const EPERM = -1;
const EMSGSIZE = -90;
const ENOBUFS = 105;
const ETIMEDOUT = -110;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;

/** A request that the client under test sent. */
export interface ScriptedRequest extends Message {
  /** The bytes of the message. */
  readonly bytes: Uint8Array;
  /** The whole request as a line of text with the names of its attributes, for readable assertions. */
  readonly text: string;
}

/** Returns what the kernel answers to a request: messages in order, as many in a datagram as fit. */
export type Script = (request: ScriptedRequest) => readonly Answer[];

/** A kernel that answers what a test needs. */
export interface ScriptedKernel {
  /** Pass this to `Conntrack.open({ native })`. */
  readonly native: Native;
  /** Every request that was sent so far. */
  readonly requests: readonly ScriptedRequest[];
  /** Sends events to all subscriptions. */
  emit(...events: readonly FlowEvent[]): void;
  /** Makes all subscriptions lose events: a `gap`. */
  overflow(): void;
}

const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** The kernel's own limit, which every receiver must have room for. */
const DATAGRAM = 32 * 1024;

/** Joins messages into datagrams, as many in each as fit. */
function datagrams(parts: readonly Uint8Array[]): Uint8Array[] {
  const filled: Uint8Array[][] = [];
  let room = 0;
  for (const part of parts) {
    if (part.length === 0) continue;
    if (part.length > room) {
      filled.push([]);
      room = DATAGRAM;
    }
    filled.at(-1)!.push(part);
    room -= part.length;
  }
  return filled.map(joined);
}

/**
 * Makes system calls without a kernel: a script answers every request, and events are sent when the test says so. Needs no privileges and
 * no Linux.
 *
 * @example
 * ```ts
 * import { Conntrack } from '@conntrack/netlink';
 * import { refusal, scriptedKernel } from '@conntrack/netlink/testing';
 *
 * const kernel = scriptedKernel(() => [refusal(1)]);
 * const conntrack = Conntrack.open({ native: kernel.native });
 * await conntrack.count(); // NetlinkError: EPERM
 * ```
 */
export function scriptedKernel(script: Script): ScriptedKernel {
  const requests: ScriptedRequest[] = [];
  const inboxes = new Map<number, Uint8Array[]>();
  let descriptors = 1000;
  let receiveBuffer = 212_992;

  /** The messages of the answer to each request. */
  const answersTo = (data: Uint8Array): Uint8Array[][] => {
    const bytes = data.slice();
    return [...messages(bytes)].map(message => {
      const request = {
        ...message,
        bytes: bytes.slice(message.start, message.end),
        text: describeMessage(bytes, message),
      };
      requests.push(request);
      return script(request).map(answer => answer(message.sequence));
    });
  };

  const streams = scriptedStreams(request => answersTo(request).flatMap(datagrams));
  const native: Native = {
    socket: () => {
      inboxes.set(++descriptors, []);
      return descriptors;
    },
    createNetns: () => EPERM,
    createNetnsSync: () => EPERM,
    readFile: () => -2,
    writeFile: () => -2,
    bind: () => 0,
    connect: () => 0,
    setsockopt: (_fd, _level, name, value) => {
      if (name === SO_RCVBUF || name === SO_RCVBUFFORCE) receiveBuffer = value * 2;
      return 0;
    },
    getsockopt: () => receiveBuffer,
    close: fd => (inboxes.delete(fd) ? 0 : -9),
    send(fd, data) {
      inboxes.get(fd)?.push(...answersTo(data).flatMap(datagrams));
      return data.length;
    },
    receive(fd, into) {
      const bytes = inboxes.get(fd)?.shift();
      if (bytes === undefined) return ETIMEDOUT;
      if (bytes.length > into.length) return EMSGSIZE;
      into.set(bytes);
      return bytes.length;
    },
    async exchange(_fd, request, response) {
      const bytes = joined(answersTo(request).flat());
      if (bytes.length === 0) return ETIMEDOUT;
      if (bytes.length > response.length) return EMSGSIZE;
      response.set(bytes);
      return bytes.length;
    },
    ...streams.calls,
  };
  return {
    native,
    requests,
    emit: (...events) => {
      for (const bytes of datagrams(events.map(eventMessage))) streams.tellAll(bytes, 0);
    },
    overflow: () => streams.tellAll(new Uint8Array(0), ENOBUFS),
  };
}
