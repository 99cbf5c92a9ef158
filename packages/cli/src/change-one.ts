import { type ConntrackTable, type Limits, refusalOf } from '@conntrack/table';

/** Whether one entry, named by its key, may be changed under the limits of a command line. @throws TableError READ_ONLY, TOO_MANY_AFFECTED, EXPECT_MISMATCH */
export function checkOne(table: ConntrackTable, limits: Limits): void {
  table.checkWritable();
  const refusal = refusalOf(1, limits);
  if (refusal !== undefined) throw refusal;
}
