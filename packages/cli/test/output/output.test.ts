import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Output, OutputClosed } from '../../src/output/output.js';

/** A reader that takes a chunk only when told. */
function slowReader() {
  const taken: string[] = [];
  let go: (() => void) | undefined;
  const stream = new Writable({
    highWaterMark: 4,
    write(chunk, _encoding, callback) {
      taken.push(String(chunk));
      go = callback;
    },
  });
  return { stream, taken, take: () => go?.() };
}

describe('output', () => {
  it('output waits for a slow reader', async () => {
    const { stream, taken, take } = slowReader();
    const output = new Output(() => stream, new AbortController().signal);
    let done = false;
    const writing = output.write('12345').then(() => {
      done = true;
    });
    await new Promise(resolve => setImmediate(resolve));
    expect([taken, done]).toEqual([['12345'], false]);
    take();
    await writing;
    expect(done).toBe(true);
  });

  it('output stops waiting when it is interrupted', async () => {
    const { stream } = slowReader();
    const ending = new AbortController();
    const output = new Output(() => stream, ending.signal);
    const writing = output.write('12345');
    const reason = new Error('enough');
    ending.abort(reason);
    await expect(writing).rejects.toBe(reason);
    await expect(output.write('more')).rejects.toBe(reason);
  });

  it('output throws OutputClosed when the reader has gone', async () => {
    const stream = new Writable({
      write(_chunk, _encoding, callback) {
        callback(Object.assign(new Error('broken pipe'), { code: 'EPIPE' }));
      },
    });
    const output = new Output(() => stream, new AbortController().signal);
    await output.write('1').catch(() => {});
    await expect(output.finish()).rejects.toBeInstanceOf(OutputClosed);
  });

  it('output does not hide other failures', async () => {
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const stream = new Writable({
      write(_chunk, _encoding, callback) {
        callback(full);
      },
    });
    const output = new Output(() => stream, new AbortController().signal);
    await output.write('1').catch(() => {});
    await expect(output.finish()).rejects.toBe(full);
  });

  it('short output is written without a stream, and a stream continues where that ends', async () => {
    const { stream, taken, take } = slowReader();
    let opened = 0;
    const written: string[] = [];
    const open = () => {
      opened++;
      return stream;
    };
    const output = new Output(open, new AbortController().signal, bytes => {
      written.push(Buffer.from(bytes).toString());
      return written.length === 1 ? bytes.length : 2;
    });
    await output.write('first');
    expect([written, opened]).toEqual([['first'], 0]);
    const writing = output.write('séc');
    await new Promise(resolve => setImmediate(resolve));
    // Two bytes of four were written, in the middle of a letter.
    expect([written, opened]).toEqual([['first', 'séc'], 1]);
    take();
    await writing;
    const finishing = output.finish();
    take();
    await finishing;
    expect(taken.slice(0, 1)).toEqual([Buffer.from('séc').subarray(2).toString()]);
  });

  it('long output is written by the stream from its first byte on', async () => {
    const taken: string[] = [];
    const stream = new Writable({
      write(chunk, _encoding, callback) {
        taken.push(String(chunk));
        callback();
      },
    });
    const now: number[] = [];
    const output = new Output(
      () => stream,
      new AbortController().signal,
      bytes => now.push(bytes.length) && bytes.length,
    );
    for (const size of [4000, 97, 1]) await output.write('x'.repeat(size));
    await output.finish();
    expect([now, taken.filter(text => text !== '').map(text => text.length)]).toEqual([[4000], [97, 1]]);
  });

  it('short output throws OutputClosed when the reader has gone, and does not hide other failures', async () => {
    for (const [code, failure] of [
      ['EPIPE', { name: 'OutputClosed' }],
      ['ENOSPC', { code: 'ENOSPC' }],
    ] as const) {
      const output = new Output(
        () => new Writable(),
        new AbortController().signal,
        () => {
          throw Object.assign(new Error(code), { code });
        },
      );
      await expect(output.write('1')).rejects.toMatchObject(failure);
    }
  });

  it('a run without output opens no stream', async () => {
    const output = new Output(
      () => {
        throw new Error('opened');
      },
      new AbortController().signal,
      bytes => bytes.length,
    );
    await output.write('1');
    await output.finish();
  });
});
