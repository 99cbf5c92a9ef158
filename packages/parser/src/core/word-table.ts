/** A table that is looked up by words of the text: without a prototype, so that `constructor` is not an entry. */
export const wordTable = <T>(rows: Readonly<Record<string, T>>): Readonly<Record<string, T | undefined>> =>
  Object.assign(Object.create(null), rows) as Record<string, T | undefined>;
