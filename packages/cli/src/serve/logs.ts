import { closeSync, openSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';

/** Where the log lines of a server go. */
export interface LogOptions {
  /** The format of lines on standard error. */
  format: 'text' | 'json';
  /** Where audit lines go: `stderr`, or a file in NDJSON. */
  audit: string;
  stderr: Pick<Writable, 'write'>;
}

/** The log of a server. */
export interface Log {
  /**
   * Writes a line. A line for a file has been written when this returns.
   *
   * @throws the system's error if the file could not be written; the line is then printed on standard error
   */
  write(line: object): void;
  /** Opens the file again, after it was renamed. @throws the system's error; the old file stays open */
  reopen(): void;
  close(): void;
}

/** Owner and group may read who changed what. */
const MODE = 0o640;
/** The events of the audit log: changes before and after they are made, questions about the past, and rejected requests. */
const AUDIT = ['intent', 'audit', 'question', 'refused', 'refused-summary'];

const plain = /^[\w.:/@+,-]+$/;
const textOf = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return plain.test(text) ? text : JSON.stringify(text);
};

/**
 * A line for people: time and event, then `name=value` with quotes where needed. Values from outside cannot create
 * lines.
 */
export function textLine({ time, event, ...rest }: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${textOf(value)}`);
  return `${String(time)} ${String(event)}${members.join('')}`;
}

/** Opens the log. @throws the system's error for a file that cannot be written */
export function openLog({ format, audit, stderr }: LogOptions): Log {
  const open = (): number | undefined => (audit === 'stderr' ? undefined : openSync(audit, 'a', MODE));
  let file = open();
  const say = (line: object): void => {
    const text = format === 'json' ? JSON.stringify(line) : textLine(line as Record<string, unknown>);
    stderr.write(`${text}\n`);
  };
  return {
    write(line) {
      const { event } = line as { event?: string };
      if (file === undefined || !AUDIT.includes(event ?? '')) {
        say(line);
        return;
      }
      try {
        writeSync(file, `${JSON.stringify(line)}\n`);
      } catch (error) {
        // For example a full disk: the line is printed with the reason instead.
        say({ ...line, auditFailed: (error as Error).message });
        throw error;
      }
    },
    reopen() {
      const before = file;
      file = open();
      if (before !== undefined) closeSync(before);
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
