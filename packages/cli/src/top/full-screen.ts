import type { ReadStream } from 'node:tty';
import type { Filter } from '@conntrack/filter';
import { printExpression } from '@conntrack/filter/print';
import type { Table, TableCapabilities } from '@conntrack/table';
import { EXIT } from '../process/exit-codes.js';
import { type Io, say } from '../process/io.js';
import { sshSession } from '../process/ssh-connection.js';
import { isLocal } from '../source/is-local.js';
import type { Terminal } from '../terminal/terminal.js';
import { TopApp } from './app.js';
import { GaugeReader } from './data/gauge.js';
import { LocalTopSource } from './data/local-source.js';
import { RemoteTopSource } from './data/remote-source.js';
import type { Clock } from './data/source.js';
import { begin } from './model/state.js';
import { isFlowOfSession } from './own-connection.js';
import { type TerminalOutput, TerminalSession } from './terminal/session.js';

/** What the view begins with. */
export interface FullScreenOptions {
  /** Name of the table, or of its server. */
  readonly name: string;
  readonly filter: Filter;
  /** Name of the first view; `undefined` shows single flows. */
  readonly group: string | undefined;
  /** Milliseconds between two refreshes. */
  readonly interval: number;
}

const clock: Clock = {
  now: () => Math.round(performance.now()),
  breathe: () => new Promise(resolve => setImmediate(resolve)),
};

const cpuTime = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Shows the table on the whole terminal until the user quits. Returns the exit code. */
export async function fullScreen(
  io: Io,
  table: Table,
  terminal: Terminal,
  { name, filter, group, interval }: FullScreenOptions,
): Promise<number> {
  const capabilities = await capabilitiesOf(table, io.signal);
  const source = isLocal(table) ? new LocalTopSource(table, clock) : new RemoteTopSource(table, clock);
  const state = begin({
    columns: terminal.columns ?? 80,
    lines: terminal.rows ?? 24,
    name,
    writable: table.source.writable,
    accounting: capabilities?.accounting,
    isOwn: isFlowOfSession(sshSession(io.env)),
    cannotSort: question => source.cannotSort(question),
    group,
    applied: { text: filter.kind === 'all' ? '' : printExpression(filter), filter },
    interval,
  });
  const app = new TopApp(state, {
    table,
    source,
    gauge: new GaugeReader(table, clock.now),
    look: { colors: terminal.colors.isColorSupported, unicode: terminal.unicode },
    now: clock.now,
    ...(isLocal(table) && { cpu: cpuTime }),
    moment: () => {
      const now = new Date();
      return { unix: now.getTime(), clock: now.toTimeString().slice(0, 8) };
    },
    write: text => session.write(text),
    suspend: () => session.suspend(),
  });
  const session = new TerminalSession(io.stdin as ReadStream, io.stdout as TerminalOutput, {
    input: text => app.input(text),
    resized: (columns, lines) => app.resized(columns, lines),
    overwritten: () => app.overwritten(),
    ended: () => app.end(),
  });
  session.open();
  try {
    const { interrupted } = await app.run(io.signal);
    return interrupted ? EXIT.interrupted : EXIT.ok;
  } finally {
    await session.close();
    const { deletion } = state;
    if (deletion !== undefined) say(io, `interrupted after ${deletion.done} of ${deletion.total} deletions`);
  }
}

/** What the table records, if the caller may know. */
async function capabilitiesOf(table: Table, signal: AbortSignal): Promise<TableCapabilities | undefined> {
  try {
    return await table.capabilities({ signal });
  } catch (error) {
    signal.throwIfAborted();
    if (isLocal(table)) throw error;
    return undefined;
  }
}
