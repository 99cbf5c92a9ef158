import type { Command } from 'commander';

/** The formats for entries, for the help. */
export const FORMATS =
  'text, extended, id, ktimestamp, labels (these combine: extended,id), json, ndjson, csv, save, xml';

/** Adds the option for the output format. */
export const withFormat = (command: Command, by = 'text'): Command =>
  command.option('-o, --output <format>', FORMATS, by);
