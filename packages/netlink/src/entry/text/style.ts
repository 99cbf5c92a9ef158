import type { LabelMap } from '@conntrack/flow';

/** What lines and elements of entries show in addition. */
export interface TextStyle {
  /** Lines begin with the layer 3 protocol: conntrack(8)'s `-o extended`. */
  readonly extended: boolean;
  /** Lines have the entry's id: `-o id`. */
  readonly id: boolean;
  /** Times are shown, formatted by this function from seconds since 1970 as ctime(3) does: `-o ktimestamp`. */
  readonly ctime: ((seconds: number) => string) | undefined;
  /** Labels are shown by name: `-o labels`. Absent: labels are not shown. */
  readonly labels: LabelMap | undefined;
}
