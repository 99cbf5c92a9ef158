/** A position in an event stream: the run of the journal, and the sequence number of a record. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

const POSITION = /^([0-9a-f]{10})-(0|[1-9]\d{0,14})$/;

/** A position as text: `<epoch>-<seq>`. */
export const formatPosition = (epoch: string, seq: number): string => `${epoch}-${seq}`;

/** Parses a position. Returns `undefined` for invalid text. */
export function parsePosition(text: string): Position | undefined {
  const match = POSITION.exec(text);
  return match === null ? undefined : { epoch: match[1]!, seq: Number(match[2]) };
}
