/** An invalid command line: exit code 2, with a pointer to the help. */
export class ParameterError extends Error {
  readonly code = 'PARAMETER';
  override readonly name = 'ParameterError';
}

/** Any other failure: exit code 1, with the message alone. */
export class OperationError extends Error {
  readonly code = 'OPERATION';
  override readonly name = 'OperationError';
  /** Makes an error. @param plain whether the message is printed without the program's name */
  constructor(
    message: string,
    readonly plain = false,
  ) {
    super(message);
  }
}

/**
 * A command line of a file (`-R`) failed; `cause` has the reason. The message says which line, and what was executed.
 */
export class LineError extends Error {
  readonly code = 'LINE';
  override readonly name = 'LineError';
  constructor(cause: unknown, message: string) {
    super(message, { cause });
  }
}
