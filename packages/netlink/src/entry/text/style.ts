import type { LabelMap } from '@conntrack/flow';

/** What lines and elements of entries show beside what they always do. */
export interface TextStyle {
  /** Lines begin with the layer 3 protocol: conntrack(8)'s `-o extended`. */
  readonly extended: boolean;
  /** Lines have the entry's id: `-o id`. */
  readonly id: boolean;
  /** Times are shown, by this function, as ctime(3) writes seconds since 1970: `-o ktimestamp`. */
  readonly ctime: ((seconds: number) => string) | undefined;
  /** Labels by name, where they are written at all: `-o labels`. */
  readonly labels: LabelMap | undefined;
}
