import { isText } from '../core/check-text.js';
import { ParseError } from '../core/error.js';
import { type Chunks, chunksOf } from '../core/stream.js';

// Reads captures as they are stored on a disk: compressed, or as UTF-16 text of Windows.

/** Number of bytes that identify a file type. */
const HEAD = 8;

/** Binary files, by their first bytes in hexadecimal, with a hint for each. */
const FOREIGN: readonly (readonly [magic: RegExp, hint: string])[] = [
  [/^28b52ffd/, 'This is zstd: decompress it first, with zstd -dc FILE'],
  [/^fd377a585a00/, 'This is xz: decompress it first, with xz -dc FILE'],
  [/^425a68/, 'This is bzip2: decompress it first, with bzip2 -dc FILE'],
  [/^504b0304/, 'This is a zip archive: unpack it first, with unzip -p FILE'],
  [
    // pcap in either byte order, with microseconds or nanoseconds, or in Kuznetsov's variant; pcapng.
    /^(?:d4c3b2a1|a1b2c3d4|4d3cb2a1|a1b23c4d|34cdb2a1|a1b2cd34|0a0d0d0a)/,
    'This is a packet capture (pcap), which contains no entries',
  ],
  [/^(?:..)*?00/, 'This is a binary file'],
];

function refuse(hint: string): never {
  throw new ParseError('FORMAT_UNKNOWN', 1, 1, 'text', '', hint);
}

function concat(one: Uint8Array, other: Uint8Array): Uint8Array {
  const all = new Uint8Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all;
}

/** All bytes of a source: the first ones, then the rest. */
async function* bytesOf(head: Uint8Array, rest: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  yield head;
  for await (const chunk of rest) {
    if (!isText(chunk) || typeof chunk === 'string') throw new TypeError('a stream must not mix bytes and strings');
    yield chunk;
  }
}

async function* gunzip(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let failed: { error: unknown } | undefined;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(Uint8Array.from(value));
      } catch (error) {
        failed = { error };
        throw error;
      }
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
  const reader = source.pipeThrough(new DecompressionStream('gzip')).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (failed !== undefined) throw failed.error;
    if (error instanceof ParseError) throw error;
    refuse('The gzip data is truncated or damaged: check it with gzip -t FILE');
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function* decoded(chunks: AsyncGenerator<Uint8Array>, label: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(label);
  for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

/**
 * Returns the text of a source: gzip is decompressed, UTF-16 becomes strings. Other compressed files and binary files are refused by name.
 *
 * @throws ParseError FORMAT_UNKNOWN
 */
export async function* textOf(source: Chunks, signal?: AbortSignal): AsyncGenerator<Uint8Array | string> {
  const chunks = chunksOf(source, signal);
  try {
    yield* textWithin(chunks, signal);
  } finally {
    await chunks.return(undefined);
  }
}

async function* textWithin(
  chunks: AsyncGenerator<Uint8Array | string>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array | string> {
  let head: Uint8Array = new Uint8Array();
  while (head.length < HEAD) {
    const { done, value } = await chunks.next();
    if (done) break;
    if (typeof value === 'string' || !isText(value)) {
      if (head.length > 0) yield head;
      yield value;
      yield* chunks;
      return;
    }
    head = head.length === 0 ? value : concat(head, value);
  }
  const magic = Array.from(head.subarray(0, HEAD), byte => byte.toString(16).padStart(2, '0')).join('');
  const foreign = FOREIGN.find(([pattern]) => pattern.test(magic));
  if (magic.startsWith('1f8b')) yield* textOf(gunzip(bytesOf(head, chunks)), signal);
  else if (/^(?:fffe|(?!00)..00(?!00)..00)/.test(magic)) yield* decoded(bytesOf(head, chunks), 'utf-16le');
  else if (/^(?:feff|00(?!00)..00(?!00)..)/.test(magic)) yield* decoded(bytesOf(head, chunks), 'utf-16be');
  else if (foreign !== undefined) refuse(foreign[1]);
  else {
    yield head;
    yield* chunks;
  }
}
