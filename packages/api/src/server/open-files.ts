import { readFileSync } from 'node:fs';

/** Files that a server needs beside connections: its table's sockets, logs, pages, what Node itself has open. */
const RESERVED = 32;

/** How many files this process may have open (`RLIMIT_NOFILE`); `undefined` where the system does not say so. */
function openFilesLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** Connections of each address. */
export interface Room {
  readonly connections: number;
  /** What an operator should know: fewer files may be open than the connections that were asked for. */
  readonly warnings: readonly string[];
}

/**
 * So many connections that some files are left: without one, the table could not be read and the log not be opened. Connections that are more are closed
 * at once.
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
