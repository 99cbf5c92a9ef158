/** What a row reports about a flow: that it ended, began, began with a translation, or still runs. */
export type FleetRowType = 'end' | 'start' | 'nat' | 'interim';

/** A recorded row of a node. The history of a node writes the same rows, without `node`. */
export interface FleetRow {
  /** The node whose kernel reported the flow. */
  readonly node: string;
  readonly type: FleetRowType;
  /** When it happened (RFC 3339). */
  readonly time: string;
  /** The flow as JSON. */
  readonly flow: Readonly<Record<string, unknown>>;
}

/** A span of time in which rows of a node may be missing. */
export interface FleetGap {
  readonly node: string;
  readonly type: 'gap';
  /** RFC 3339. */
  readonly from: string;
  readonly to: string;
  readonly cause: string;
  /** What happened, in one sentence. */
  readonly reason: string;
  /** How many rows are missing, if that is known. */
  readonly rows?: number;
}

/** The name of the stream with the ended flows of a fleet. */
export const streamOf = (fleet: string): string => `CT_${fleet.toUpperCase()}_FLOWS`;

/** The header with the encoding of a batch. */
export const ENCODING = 'Ct-Encoding';
/** The header that JetStream compares, so that a batch that is sent twice is stored once. */
export const MESSAGE_ID = 'Nats-Msg-Id';

/** The id of a batch: the start of the node's publisher, and the number of the batch since then. */
export const batchId = (node: string, instance: string, batch: number): string => `${node}.${instance}.${batch}`;

/** The parts of a batch's id. `undefined` for any other text. */
export function readBatchId(id: string): { readonly instance: string; readonly batch: number } | undefined {
  const [, instance, batch] = /^[^.]+\.([^.]+)\.(\d+)$/.exec(id) ?? [];
  return instance === undefined ? undefined : { instance, batch: Number(batch) };
}
