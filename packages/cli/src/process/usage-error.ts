/** A command line that cannot be carried out as it stands. The message says what would be right. */
export class UsageError extends Error {
  readonly code = 'USAGE';
  override readonly name = 'UsageError';
}
