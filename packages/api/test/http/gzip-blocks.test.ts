import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32, gunzipSync, inflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { GzipBlocks } from '../../src/http/answer/gzip-blocks.js';

/** The bytes that a client receives of a response that `write` makes. */
async function received(write: (blocks: GzipBlocks) => void): Promise<Buffer> {
  const server = createServer((_, outgoing: ServerResponse) => write(new GzipBlocks(outgoing))).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const sent = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } finally {
    server.close();
  }
}

/** Large blocks that take long to compress, with small ones between them that are compressed at once. */
const writes = Array.from({ length: 24 }, (_, n) =>
  n % 3 === 0 ? randomBytes(700_000) : Buffer.from(`${n} `.repeat(n * 10)),
);

test('blocks that are compressed at the same time are sent in the order in which they were written', async () => {
  const bytes = await received(blocks => {
    for (const each of writes) blocks.write(each);
    blocks.end();
  });
  expect(gunzipSync(bytes).equals(Buffer.concat(writes))).toBe(true);
});

test('all blocks are one gzip member, because not every client reads a second one', async () => {
  const text = Buffer.concat(writes);
  const bytes = await received(blocks => {
    for (const each of writes) blocks.write(each);
    blocks.end();
  });
  expect(inflateRawSync(bytes.subarray(10, -8)).equals(text)).toBe(true);
  expect(bytes.readUInt32LE(bytes.length - 8)).toBe(crc32(text));
  expect(bytes.readUInt32LE(bytes.length - 4)).toBe(text.length);
});

test('a response without text is an empty gzip member', async () => {
  expect(gunzipSync(await received(blocks => blocks.end()))).toHaveLength(0);
});

test('the memory of a block is returned when the block has been sent', async () => {
  const done: number[] = [];
  await received(blocks => {
    for (let n = 0; n < 5; n++) blocks.write(writes[n]!, () => done.push(n));
    expect(done).toEqual([]);
    blocks.end();
  });
  expect(done).toEqual([0, 1, 2, 3, 4]);
});

test('a truncated response does not look complete', async () => {
  await expect(
    received(blocks => {
      blocks.write(writes[0]!);
      blocks.write(writes[1]!, () => blocks.cut());
    }),
  ).rejects.toThrow();
});

test('the memory of blocks is also returned when the client has disconnected', async () => {
  let done = 0;
  const server = createServer((_, outgoing) => {
    const blocks = new GzipBlocks(outgoing);
    outgoing.once('close', () => {
      for (const each of writes) blocks.write(each, () => done++);
    });
    blocks.write(writes[0]!);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sent = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' }).on('error', () => {});
  await once(sent, 'response');
  sent.destroy();
  await expect.poll(() => done).toBe(writes.length);
  server.close();
});
