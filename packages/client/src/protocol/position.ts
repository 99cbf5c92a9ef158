/** A place in the stream of events: which run of the journal, and how many records of it. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

const POSITION = /^([0-9a-f]{10})-(0|[1-9]\d{0,14})$/;

/** `<epoch>-<seq>`. */
export const formatPosition = (epoch: string, seq: number): string => `${epoch}-${seq}`;

/** The place that a text names; `undefined` when it is none. */
export function parsePosition(text: string): Position | undefined {
  const match = POSITION.exec(text);
  return match === null ? undefined : { epoch: match[1]!, seq: Number(match[2]) };
}
