import type { Tuple } from '@conntrack/flow';
import { type Attribute, TUPLE } from './attributes.js';
import type { Operation } from './error.js';
import { type Payload, typeOf } from './types.js';
import { eachAttribute } from './walk.js';
import type { MessageWriter } from './writer.js';

// Converts between attributes and the fields of an object, by the attribute table alone.

type Fields = Record<string, unknown>;

type Index = readonly (Attribute | undefined)[];
const indexes = new WeakMap<readonly Attribute[], Index>();

function indexOf(rows: readonly Attribute[]): Index {
  const index: (Attribute | undefined)[] = [];
  for (const row of rows) index[row.number] = row;
  indexes.set(rows, index);
  return index;
}

/** Returns the row of an attribute; `undefined` for a number that the table does not have. */
export const rowOf = (rows: readonly Attribute[], number: number): Attribute | undefined =>
  (indexes.get(rows) ?? indexOf(rows))[number];

/** Returns the minimum number of bytes of each attribute of a table. For numbers that the table lacks it is larger than any attribute. */
export const sizesOf = (rows: readonly Attribute[]): Uint16Array => {
  const sizes = new Uint16Array(Math.max(...rows.map(({ number }) => number)) + 1).fill(0xffff);
  for (const { number, type } of rows) sizes[number] = typeOf(type).size;
  return sizes;
};

/** Makes a getter for the field of a row: `zone`, `wscale.original`. */
function getterOf(field: string): (from: Fields | undefined) => unknown {
  const dot = field.indexOf('.');
  if (dot < 0) return from => from?.[field];
  const name = field.slice(0, dot);
  const get = getterOf(field.slice(dot + 1));
  return from => get(from?.[name] as Fields | undefined);
}

/** Reads a payload into an object. @throws NetlinkError MALFORMED */
export type FieldReader = (payload: Payload, into: object) => void;

/** Makes a setter for the field of a row: `zone`, `wscale.original`. */
function setterOf(field: string): (into: Fields, value: unknown) => void {
  const dot = field.indexOf('.');
  if (dot < 0)
    return (into, value) => {
      into[field] = value;
    };
  const name = field.slice(0, dot);
  const set = setterOf(field.slice(dot + 1));
  return (into, value) => {
    into[name] ??= {};
    set(into[name] as Fields, value);
  };
}

/** Makes the reader of one attribute. A nest without a field puts its attributes into the same object. */
export function fieldReader({ field, type, nested }: Attribute): FieldReader {
  const set = field === undefined ? undefined : (setterOf(field) as (into: object, value: unknown) => void);
  if (type === 'tuple') return (payload, into) => set?.(into, readTuple(payload));
  if (nested !== undefined) {
    const readNest = fieldsReader(nested);
    if (set === undefined) return readNest;
    return (payload, into) => {
      const target = {};
      readNest(payload, target);
      set(into, target);
    };
  }
  const { size, read } = typeOf(type);
  return (payload, into) => {
    if (set === undefined || payload.end - payload.start < size) return;
    const value = read?.(payload);
    if (value !== undefined) set(into, value);
  };
}

/** Makes the reader of all attributes between two offsets that have a field, in the order of the bytes. Made once for a table. */
export function fieldsReader(rows: readonly Attribute[]): FieldReader {
  const readers: (FieldReader | undefined)[] = [];
  for (const row of rows) readers[row.number] = fieldReader(row);
  return ({ bytes, view, start, end }, into) =>
    eachAttribute(view, start, end, (number, from, to) =>
      readers[number]?.({ bytes, view, start: from, end: to }, into),
    );
}

const readTupleFields = fieldsReader(TUPLE);

/** Reads a tuple and its protocol number. GRE keys are sent as ports. */
export function readTuple(payload: Payload): Tuple & { protonum?: number } {
  const tuple: Tuple & { protonum?: number } = { src: '', dst: '' };
  readTupleFields(payload, tuple);
  if (tuple.protonum !== 47) return tuple;
  const { sport, dport, ...others } = tuple;
  return { ...others, ...(sport !== undefined && { srckey: sport }), ...(dport !== undefined && { dstkey: dport }) };
}

/** Writes attributes from the fields that an object has. @throws NetlinkError NOT_ENCODABLE */
export type FieldWriter = (writer: MessageWriter, operation: Operation, from: object) => void;

/** Makes the writer of one attribute. Tuples are written with their protocol, by `writeTuple`. */
export function fieldWriter({ number, field, type, nested }: Attribute): FieldWriter {
  const get = field === undefined ? undefined : (getterOf(field) as (from: object) => unknown);
  if (nested === undefined) {
    const { write } = typeOf(type);
    return (writer, operation, from) => {
      const value = get?.(from);
      if (value !== undefined) write?.(writer, number, value as never, operation, field!);
    };
  }
  if (type === 'tuple') return () => {};
  const writeNest = fieldsWriter(nested);
  return (writer, operation, from) => {
    const value = get === undefined ? from : get(from);
    if (value === undefined) return;
    const before = writer.mark();
    const nest = writer.open(number);
    writeNest(writer, operation, value as object);
    // An empty nest is not sent.
    if (writer.length === before[1] + 4) writer.back(before);
    else writer.close(nest);
  };
}

/** Makes the writer of the attributes of a table, in the table's order. Made once for a table. */
export function fieldsWriter(rows: readonly Attribute[]): FieldWriter {
  const writers = rows.map(fieldWriter);
  return (writer, operation, from) => {
    for (const write of writers) write(writer, operation, from);
  };
}
