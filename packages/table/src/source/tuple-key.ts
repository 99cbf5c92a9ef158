import { encodeKey, type Family, type FlowRef, type Tuple } from '@conntrack/flow';

/** A text that two references share exactly when they mean the same tuple in the same zone; ids do not count. */
export const tupleKey = (ref: FlowRef): string => encodeKey({ ...ref, id: 0 });

/** The same for a tuple of either direction: `zone` is the one that holds in that direction. */
export const directionKey = (family: Family, protonum: number, tuple: Tuple, zone: number): string => {
  const { zone: _, ...bare } = tuple;
  return encodeKey({ family, protonum, original: bare, zone, id: 0 });
};
