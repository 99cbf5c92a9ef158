/** Every way in which a fleet cannot be used, as a stable code. */
export type FleetErrorCode =
  /** The name or a tag of a node cannot be used. */
  | 'NODE_INVALID'
  /** The inventory cannot be read: the file, its content, or the DNS answer. */
  | 'INVENTORY_INVALID'
  /** The connection to the broker, or its configuration, cannot be used. */
  | 'BROKER_UNUSABLE';

/** The error of a fleet that cannot be used. Operations on a fleet throw a `TableError`, as all tables do. */
export class FleetError extends Error {
  override readonly name = 'FleetError';
  constructor(
    readonly code: FleetErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
