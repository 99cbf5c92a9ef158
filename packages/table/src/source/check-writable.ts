import { type SourceInfo, TableError } from '@conntrack/flow/table';
/** Refuses a change of a source that can only be read, before anything else is done. @throws TableError READ_ONLY */
export function checkWritable({ name, writable }: SourceInfo): void {
  if (!writable) throw new TableError('READ_ONLY', `${name} can only be read; load it as memory:FILE to try changes`);
}
