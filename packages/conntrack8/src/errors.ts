/** The command line is wrong: exit code 2, and the line that says where help is. */
export class ParameterError extends Error {
  readonly code = 'PARAMETER';
  override readonly name = 'ParameterError';
}

/** Something else went wrong: exit code 1, the message alone. */
export class OperationError extends Error {
  readonly code = 'OPERATION';
  override readonly name = 'OperationError';
  /** @param plain whether the message stands without the program's name in front. */
  constructor(
    message: string,
    readonly plain = false,
  ) {
    super(message);
  }
}

/** A command line of a file (`-R`) went wrong, for the reason in `cause`. The message says which one, and what was executed. */
export class LineError extends Error {
  readonly code = 'LINE';
  override readonly name = 'LineError';
  constructor(cause: unknown, message: string) {
    super(message, { cause });
  }
}
