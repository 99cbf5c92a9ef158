import { encodeKey, type Family, type FlowRef, type Tuple } from '@conntrack/flow';

/** Returns a text that is equal for two references if they have the same tuple in the same zone. Ids are ignored. */
export const tupleKey = (ref: FlowRef): string => encodeKey({ ...ref, id: 0 });

/** Returns the {@link tupleKey} of a tuple of either direction; `zone` is the zone of that direction. */
export const directionKey = (family: Family, protonum: number, tuple: Tuple, zone: number): string => {
  const { zone: _, ...bare } = tuple;
  return encodeKey({ family, protonum, original: bare, zone, id: 0 });
};
