import type { Native, NativeStream } from '../socket/native.js';

const EAGAIN = -11;

/** A running dump or subscription. */
interface Stream {
  readonly pending: { bytes: Uint8Array; errno: number }[];
  readonly given: { buffer: Uint8Array; marks: Int32Array }[];
  readonly callback: (length: number, errno: number, over: boolean) => void;
  readonly dump: boolean;
  over: boolean;
}

function end(stream: Stream): void {
  if (stream.over) return;
  stream.over = true;
  stream.callback(0, 0, true);
}

/** Passes waiting messages on, as far as there are buffers for them. */
function pump(stream: Stream): void {
  while (!stream.over && stream.pending.length > 0 && stream.given.length > 0) {
    const { bytes, errno } = stream.pending.shift()!;
    const { buffer, marks } = stream.given.shift()!;
    buffer.set(bytes);
    marks.set([bytes.length > 0 ? 1 : 0, 0, -1]);
    stream.callback(bytes.length, errno, false);
    if (stream.dump && stream.pending.length === 0) end(stream);
  }
}

/** Makes the system calls of streams. @param answersTo returns the datagrams that answer a request */
export function scriptedStreams(answersTo: (request: Uint8Array) => readonly Uint8Array[]): {
  readonly calls: Pick<Native, 'stream' | 'give' | 'hold' | 'end'>;
  /** Sends bytes, or an errno, to all subscriptions. */
  tellAll(bytes: Uint8Array, errno: number): void;
} {
  const streams = new Map<NativeStream, Stream>();
  return {
    calls: {
      stream(_fd, request, dump, callback) {
        const handle = {} as NativeStream;
        const stream: Stream = { pending: [], given: [], callback, dump, over: false };
        streams.set(handle, stream);
        if (request.length > 0)
          setImmediate(() => {
            for (const bytes of answersTo(request)) stream.pending.push({ bytes, errno: 0 });
            pump(stream);
          });
        return handle;
      },
      give(handle, buffer, marks) {
        const stream = streams.get(handle);
        if (stream === undefined || stream.over) return EAGAIN;
        stream.given.push({ buffer, marks });
        setImmediate(pump, stream);
        return 0;
      },
      hold: () => 0,
      end(handle) {
        const stream = streams.get(handle);
        if (stream !== undefined) setImmediate(end, stream);
        return 0;
      },
    },
    tellAll(bytes, errno) {
      for (const stream of streams.values())
        if (!stream.dump && !stream.over) {
          stream.pending.push({ bytes, errno });
          setImmediate(pump, stream);
        }
    },
  };
}
