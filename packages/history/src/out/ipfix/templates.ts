import type { Element } from './elements.js';
import { type Field, fieldsOf } from './fields.js';
import { SET_HEADER } from './message.js';

/** The first number that a template can have (RFC 7011, 3.4.1). */
const FIRST = 256;

/** A template of rows. */
export interface Template {
  /** Number of the template, and of the sets of its records. */
  readonly id: number;
  readonly fields: readonly Field[];
  /** Bytes of one record. */
  readonly length: number;
}

const ENTERPRISE = 0x8000;

/** Encodes a set with one template record (RFC 7011, 3.4.1), or with `scopes` one options template record (3.4.2). */
export function templateSet(id: number, elements: readonly Element[], scopes = 0): Uint8Array {
  const head = SET_HEADER + (scopes > 0 ? 6 : 4);
  const bytes = new Uint8Array(
    elements.reduce((sum, { enterprise }) => sum + (enterprise === undefined ? 4 : 8), head),
  );
  const view = new DataView(bytes.buffer);
  view.setUint16(0, scopes > 0 ? 3 : 2);
  view.setUint16(2, bytes.length);
  view.setUint16(4, id);
  view.setUint16(6, elements.length);
  if (scopes > 0) view.setUint16(8, scopes);
  let at = head;
  for (const { id: number, length, enterprise } of elements) {
    view.setUint16(at, enterprise === undefined ? number : number | ENTERPRISE);
    view.setUint16(at + 2, length);
    at += 4;
    if (enterprise === undefined) continue;
    view.setUint32(at, enterprise);
    at += 4;
  }
  return bytes;
}

/** The templates of an exporter. One is made for each shape of rows, when its first row comes. */
export class Templates {
  readonly #byShape = new Map<number, Template>();
  readonly #sets: Uint8Array[] = [];

  /** Every template so far as a set, in the order of their numbers. */
  get sets(): readonly Uint8Array[] {
    return this.#sets;
  }

  /** Returns the template of a shape. */
  of(shape: number): Template {
    const known = this.#byShape.get(shape);
    if (known !== undefined) return known;
    const id = FIRST + this.#byShape.size;
    const fields = fieldsOf(shape);
    const elements = fields.map(({ element }) => element);
    const template = { id, fields, length: elements.reduce((sum, { length }) => sum + length, 0) };
    this.#byShape.set(shape, template);
    this.#sets.push(templateSet(id, elements));
    return template;
  }
}
