import { closeSync, openSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';

/** Where the lines of a server go. */
export interface LogOptions {
  /** How lines look on standard error. */
  format: 'text' | 'json';
  /** Where audit lines go: `stderr`, or a file, which gets them as NDJSON. */
  audit: string;
  stderr: Pick<Writable, 'write'>;
}

/** The lines of a server. */
export interface Log {
  /** Writes a line; one of a file is there when this returns. @throws the system's error for a line that the file did not take; it is on standard error then */
  write(line: object): void;
  /** Opens the file again, after it was moved away. @throws the system's error, and the old one stays */
  reopen(): void;
  close(): void;
}

/** Owner and group: what was changed, and by whom. */
const MODE = 0o640;
/** The events of an audit: changes before and after they are made, and callers who were turned away. */
const AUDIT = ['intent', 'audit', 'refused', 'refused-more'];

const plain = /^[\w.:/@+,-]+$/;
const textOf = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return plain.test(text) ? text : JSON.stringify(text);
};

/** A line for people: time and event, then `name=value`, quoted where it has to be. What came from outside cannot make lines of its own. */
export function textLine({ time, event, ...rest }: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${textOf(value)}`);
  return `${String(time)} ${String(event)}${members.join('')}`;
}

/** Opens the sinks. @throws the system's error for a file that cannot be written */
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
        // A full disk: the line is not lost, and why is said with it.
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
