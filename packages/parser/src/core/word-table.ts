/** A table that is indexed by words of a text. It has no prototype, so that `constructor` is not an entry. */
export const wordTable = <T>(rows: Readonly<Record<string, T>>): Readonly<Record<string, T | undefined>> =>
  Object.assign(Object.create(null), rows) as Record<string, T | undefined>;
