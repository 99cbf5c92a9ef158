/**
 * The program for plain verbs was asked for something that is not in it. It has printed nothing until now, and the launcher starts
 * the program with all verbs instead.
 */
export class Incomplete extends Error {
  readonly code = 'INCOMPLETE';
  override readonly name = 'Incomplete';
  constructor() {
    super('a part of this program is in another one');
  }
}
