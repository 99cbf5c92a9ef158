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
    const output = new Output(stream, new AbortController().signal);
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
    const output = new Output(stream, ending.signal);
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
    const output = new Output(stream, new AbortController().signal);
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
    const output = new Output(stream, new AbortController().signal);
    await output.write('1').catch(() => {});
    await expect(output.finish()).rejects.toBe(full);
  });
});
