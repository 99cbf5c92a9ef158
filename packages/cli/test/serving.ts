import { PassThrough } from 'node:stream';
import { expect } from 'vitest';
import { Interrupted, run } from '../src/index.js';
import { SAMPLE } from '../src/sample.js';

/** A server that a test has started. */
export interface Served {
  urls: string[];
  /** The output on standard error so far. */
  said(): string;
  hangup(): void;
}

/** Serves the sample while `use` runs. */
export async function serving(
  argv: readonly string[],
  env: Record<string, string>,
  use: (served: Served) => Promise<void>,
): Promise<number> {
  const ending = new AbortController();
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let said = '';
  stderr.on('data', chunk => (said += chunk));
  const hangups = new Set<() => void>();
  const running = run(['serve', '--source', `memory:${SAMPLE}`, ...argv], {
    stdin,
    stdout,
    stderr,
    env,
    signal: ending.signal,
    interactive: false,
    onHangup: listener => {
      hangups.add(listener);
      return () => hangups.delete(listener);
    },
  });
  const first = await Promise.race([
    new Promise<Buffer>(resolve => stdout.once('data', resolve)),
    running.then(code => Promise.reject(new Error(`it ended with ${code}: ${said}`))),
  ]);
  try {
    await use({
      urls: [...String(first).matchAll(/^(?:serving {2}| {9})(\S+)/gm)].map(([, url]) => url!),
      said: () => said,
      hangup: () => {
        expect(hangups.size).toBe(1);
        for (const listener of hangups) listener();
      },
    });
  } finally {
    ending.abort(new Interrupted('SIGTERM'));
  }
  return running;
}

/** Waits for a condition. */
export const until = (condition: () => boolean, what: string, options: { timeout?: number } = {}): Promise<unknown> =>
  expect.poll(condition, { message: what, ...options }).toBe(true);

/** The response to a request, or the code of its failure. */
export const outcome = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    value => value,
    error => error.code,
  );
