import { fstatSync, writeSync } from 'node:fs';
import { exitCodeOf } from './process/exit-codes.js';
import { Interrupted, type Io } from './process/io.js';
import { run } from './run.js';
import { isInside } from './serve/user-namespace.js';
import { isTerminal } from './terminal/streams.js';

/**
 * Milliseconds in which a repeated signal counts as one. A wrapper (npm, a script) may pass on a Ctrl-C that the
 * terminal already sent to all processes.
 */
const SAME_SIGNAL = 100;

/** A stream whose reader may go away: the next write notices that. */
const heedless = (stream: NodeJS.WriteStream): NodeJS.WriteStream => stream.on('error', () => {});

/** Writes to standard output as much as it takes at once: nothing, if it is a pipe without room that does not block. */
function writeOut(bytes: Uint8Array): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}

/** The major number of Linux's memory devices, such as /dev/null. */
const MEMORY_DEVICES = 1;

/** Whether a file descriptor may be a terminal. To ask Node's module for terminals takes some milliseconds. */
function mayBeTerminal(fd: number): boolean {
  try {
    const stats = fstatSync(fd);
    return stats.isCharacterDevice() && ((stats.rdev >> 8) & 0xfff) !== MEMORY_DEVICES;
  } catch {
    return false;
  }
}

/** A function that computes its value at the first call only. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** The parts of the process that a run uses. A signal ends the run, and a second one ends the process. */
function processIo(ending: AbortController): { io: Io; isStreaming: () => boolean } {
  let asked = 0;
  /** Called on SIGHUP instead of ending: a server then reads its files again. */
  const hangups = new Set<() => void>();
  for (const by of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(by, () => {
      if (by === 'SIGHUP' && hangups.size > 0) for (const listener of hangups) listener();
      else if (!ending.signal.aborted) {
        asked = Date.now();
        ending.abort(new Interrupted(by));
      } else if (Date.now() - asked > SAME_SIGNAL) process.exit(exitCodeOf(new Interrupted(by))); // A second signal: exit at once.
    });
  // Inside a user namespace, the outer program holds a channel. When it breaks, nobody is left to end this process.
  if (isInside(process)) process.on('disconnect', () => ending.abort(new Interrupted('SIGHUP')));
  // Creating a stream takes Node some milliseconds, so streams are created on first use.
  const stderr = once(() => heedless(process.stderr));
  let streaming = false;
  const stdout = once(() => {
    streaming = true;
    return heedless(process.stdout);
  });
  const io: Io = {
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return stdout();
    },
    get stderr() {
      return stderr();
    },
    isStdoutTerminal: () => mayBeTerminal(1) && isTerminal(stdout()),
    isStderrTerminal: () => mayBeTerminal(2) && isTerminal(stderr()),
    // Text that a stream still holds must come first.
    writeNow: bytes => (streaming ? 0 : writeOut(bytes)),
    env: process.env,
    signal: ending.signal,
    onHangup: listener => {
      hangups.add(listener);
      return () => hangups.delete(listener);
    },
    get interactive() {
      return process.stdin.isTTY === true && process.stderr.isTTY === true;
    },
  };
  return { io, isStreaming: () => streaming };
}

/**
 * Runs `ctctl` in this process, and sets the exit code. Returns whether the process has nothing left to deliver.
 *
 * @throws Incomplete if the code for the command line is in another program
 */
export async function main(): Promise<boolean> {
  const ending = new AbortController();
  const { io, isStreaming } = processIo(ending);
  process.exitCode = await run(process.argv.slice(2), io);
  if (process.connected) process.disconnect();
  // Output that an interrupted run could not deliver is not waited for.
  if (ending.signal.aborted) process.exit();
  return !isStreaming();
}
