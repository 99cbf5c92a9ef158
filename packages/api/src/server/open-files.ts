import { readFileSync } from 'node:fs';

/** File descriptors that a server needs beside connections: sockets of its table, logs, and Node's own. */
const RESERVED = 32;

/** The maximum number of open files of this process (`RLIMIT_NOFILE`). `undefined` if the system does not report it. */
function openFilesLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** How many connections each address may have. */
export interface Room {
  readonly connections: number;
  /** A warning, if fewer connections are possible than configured. */
  readonly warnings: readonly string[];
}

/**
 * Reduces the number of connections so that some file descriptors are left: otherwise the table could not be read and
 * the log could not be opened. Further connections are closed at once.
 */
export function roomFor(wanted: number, addresses: number, files: number | undefined = openFilesLimit()): Room {
  if (files === undefined) return { connections: wanted, warnings: [] };
  const room = Math.max(1, Math.floor((files - RESERVED) / addresses));
  if (room >= wanted) return { connections: wanted, warnings: [] };
  return {
    connections: room,
    warnings: [
      `at most ${files} files can be open, so each address accepts ${room} connections instead of ${wanted}. Raise the limit (ulimit -n, LimitNOFILE=), or lower limits.connections`,
    ],
  };
}
