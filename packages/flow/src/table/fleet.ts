/** A node that was asked and failed. */
export interface NodeFailure {
  readonly node: string;
  /** Why: the code of the node's problem (`scope-missing`), `connection-failed`, or `duplicate-node` for a name that two hosts have. */
  readonly code: string;
  /** The reason in one sentence. */
  readonly detail?: string;
}

/** Which nodes of a fleet an answer is about. An answer is complete if `silent` and `failed` are empty. */
export interface FleetMeta {
  /** Number of nodes that were asked. */
  readonly asked: number;
  /** Number of nodes whose whole answer is in the result. */
  readonly answered: number;
  /** The nodes that did not answer within the deadline. */
  readonly silent: readonly string[];
  /** The nodes that answered with an error, or could not be reached. */
  readonly failed: readonly NodeFailure[];
}

/** What a change of many flows did on one node. */
export interface NodeOutcome {
  readonly node: string;
  /**
   * `done`: the whole plan was executed. `partial`: a part was, see `result`. `running`: the node continues. `unknown`: the node did not say
   * what it did. `unchanged`: nothing was changed. `skipped`: the plan was not sent to this node (a canary).
   */
  readonly state: 'done' | 'partial' | 'running' | 'unknown' | 'unchanged' | 'skipped';
  /** Number of flows that the node planned to change. */
  readonly count: number;
  /** Number of changed, ended and failed flows, as far as the node said. */
  readonly changed?: number;
  readonly gone?: number;
  readonly failed?: number;
  /** Why it is not `done`: a code, and the reason in one sentence. */
  readonly code?: string;
  readonly detail?: string;
}
