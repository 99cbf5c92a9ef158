import { MessageWriter, NLM_F_REQUEST } from '@conntrack/netlink/raw';

/** A netlink attribute: its number, and its payload or nested attributes. */
export type Attribute = readonly [type: number, value: Uint8Array | readonly Attribute[]];

/** The sequence number of every message of the lab: each socket serves one request and its answer. */
export const SEQUENCE = 1;

/** A request, and its purpose in words for errors. */
export interface Step {
  name: string;
  message: Uint8Array;
  /** Begins or ends a batch. Kernels before 6.10 never acknowledge it. */
  edge?: true;
}

function write(writer: MessageWriter, attributes: readonly Attribute[]): void {
  for (const [type, value] of attributes)
    if (value instanceof Uint8Array) writer.raw(type, value);
    else writer.nest(type, () => write(writer, value));
}

/** Encodes attributes as bytes. */
export function encodeAttributes(attributes: readonly Attribute[]): Uint8Array {
  const writer = new MessageWriter();
  write(writer, attributes);
  return writer.bytes();
}

/**
 * Encodes a message: nlmsghdr (linux/netlink.h), the family's own header, and attributes. `flags` are those beside NLM_F_REQUEST;
 * {@link transact} adds the acknowledge flag.
 */
export function encodeMessage(
  type: number,
  flags: number,
  header: Uint8Array,
  attributes: readonly Attribute[] = [],
): Uint8Array {
  const writer = new MessageWriter().control(type, flags | NLM_F_REQUEST, SEQUENCE, header);
  write(writer, attributes);
  return writer.end().bytes();
}
