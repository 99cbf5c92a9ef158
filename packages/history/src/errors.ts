/** Every way in which a history fails, as a stable code. */
export type HistoryErrorCode =
  /** Another process records into the folder. */
  | 'IN_USE'
  /** The folder cannot be read, or is not a history. */
  | 'FOLDER_UNUSABLE'
  /** A setting is missing or wrong. */
  | 'SETTING_INVALID';

/** The error of a history's settings and folder. Questions throw `TableError`, as every table does. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';
  constructor(
    readonly code: HistoryErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
