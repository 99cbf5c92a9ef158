/** The kinds of frames in an exchange. Both directions use them. */
export const FRAME = {
  /** Status and headers of the answer. */
  head: 1,
  /** Bytes of a body. */
  data: 2,
  /** The body is complete. */
  end: 3,
  /** The sender stops: the body is incomplete, or there is no answer. */
  fail: 4,
  /** A sign of life. */
  alive: 5,
  /** The receiver can take this number of further bytes. */
  credit: 6,
  /** The receiver wants no more. */
  cancel: 7,
} as const;

export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

/** One message of an exchange. */
export interface Frame {
  readonly kind: FrameKind;
  /** The place of a `head`, `data` or `end` frame among them; 0 for others. */
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** Bytes of a frame before its content. */
export const FRAME_OVERHEAD = 5;

const KINDS: ReadonlySet<number> = new Set(Object.values(FRAME));
const NOTHING = new Uint8Array(0);

/** Makes the message of a frame. */
export function frameOf(kind: FrameKind, seq = 0, bytes: Uint8Array = NOTHING): Uint8Array {
  const message = new Uint8Array(FRAME_OVERHEAD + bytes.length);
  message[0] = kind;
  new DataView(message.buffer).setUint32(1, seq);
  message.set(bytes, FRAME_OVERHEAD);
  return message;
}

/** Reads the message of a frame. `undefined` if it is none. */
export function readFrame(message: Uint8Array): Frame | undefined {
  if (message.length < FRAME_OVERHEAD || !KINDS.has(message[0]!)) return undefined;
  const seq = new DataView(message.buffer, message.byteOffset, message.length).getUint32(1);
  return { kind: message[0] as FrameKind, seq, bytes: message.subarray(FRAME_OVERHEAD) };
}

/** Makes a credit frame. The number of bytes takes the place of the sequence number. */
export const creditFrame = (bytes: number): Uint8Array => frameOf(FRAME.credit, bytes);

/** Makes a frame with JSON. */
export const jsonFrame = (kind: FrameKind, value: unknown, seq = 0): Uint8Array =>
  frameOf(kind, seq, Buffer.from(JSON.stringify(value)));

/** The JSON object of a message; `undefined` for anything else. */
export function jsonObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
