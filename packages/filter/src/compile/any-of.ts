/** Makes one predicate that is true if any of the given ones is. */
export function anyOf<A>(tests: readonly ((a: A) => boolean)[]): (a: A) => boolean;
export function anyOf<A, B>(tests: readonly ((a: A, b: B) => boolean)[]): (a: A, b: B) => boolean;
export function anyOf<A, B>([first = () => false, ...tests]: readonly ((a: A, b: B) => boolean)[]): typeof first {
  return tests.reduce((before, test) => (a, b) => before(a, b) || test(a, b), first);
}
