import type { Command } from 'commander';
import { UsageError } from '../process/usage-error.js';

/** The formats for entries, for the help. */
export const FORMATS =
  'text, extended, id, ktimestamp, labels (these combine: extended,id), json, ndjson, csv, save, xml';

/** Adds the option for the output format. */
export const withFormat = (command: Command, by = 'text'): Command =>
  command.option('-o, --output <format>', FORMATS, by);

/** Whether `-o` asks for JSON instead of text, where these are the only formats. @throws UsageError */
export function isJson(output = 'text'): boolean {
  const name = output.toLowerCase();
  if (name !== 'text' && name !== 'json') throw new UsageError(`--output: must be text or json, got '${output}'`);
  return name === 'json';
}
