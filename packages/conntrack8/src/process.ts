/**
 * Runs conntrack(8) in this process.
 *
 * @module
 */
import { conntrack8 } from './index.js';
import { outputFailure, writeFully } from './output/sink.js';
import type { Identity, Live, Terminal } from './terminal.js';

const encoder = new TextEncoder();

/** Runs conntrack(8) with the streams of this process. Sets the exit code. */
export async function conntrack8Process(identity: Identity): Promise<void> {
  let ending: AbortSignal | undefined;
  const terminal: Terminal = {
    out: (bytes, length) => writeFully(1, bytes, length),
    err: text => {
      try {
        writeFully(2, encoder.encode(text));
      } catch {
        // Nobody reads the message any more.
      }
    },
    live: () => {
      const live = liveOutput();
      ending = live.signal;
      return live;
    },
    env: process.env,
  };
  process.exitCode = await conntrack8(process.argv.slice(2), identity, terminal);
  // After the end was requested, a reader that takes no data is not waited for.
  if (ending !== undefined) process.exit();
}

function liveOutput(): Live {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => ending.abort());
  const { stdout } = process;
  let failure: NodeJS.ErrnoException | undefined;
  stdout.on('error', error => {
    failure ??= error;
  });
  return {
    signal: ending.signal,
    write: bytes =>
      new Promise<void>((resolve, reject) => {
        if (failure !== undefined) return reject(outputFailure(failure.code));
        const ended = (): void => resolve();
        ending.signal.addEventListener('abort', ended, { once: true });
        stdout.write(bytes, error => {
          ending.signal.removeEventListener('abort', ended);
          if (error) reject(outputFailure((error as NodeJS.ErrnoException).code));
          else resolve();
        });
        if (ending.signal.aborted) ended();
      }),
  };
}
