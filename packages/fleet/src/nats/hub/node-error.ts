/** Why a node did not answer, as a stable code. */
export type NodeErrorCode =
  /** The node sent nothing for the whole time limit. */
  | 'NODE_SILENT'
  /** The node is not connected to the broker, or has left the fleet. */
  | 'NODE_OFFLINE'
  /** The node was started again while it was asked. */
  | 'NODE_RESTARTED'
  /** Two hosts have this name, so none of them is asked. */
  | 'NODE_DUPLICATE'
  /** The inventory does not contain the node. */
  | 'NODE_UNKNOWN'
  /** The node rejected the request, or could not finish its answer. */
  | 'NODE_FAILED'
  /** The connection to the broker was lost. */
  | 'BROKER_LOST'
  /** The request does not fit into a message of the broker. */
  | 'REQUEST_TOO_LARGE';

/** The error of a request that a node did not answer completely. */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  constructor(
    readonly code: NodeErrorCode,
    /** The node that was asked. */
    readonly node: string,
    message: string,
  ) {
    super(message);
  }
}
