import { MAX_LABEL } from '@conntrack/flow/codec';
import { ADDRESS_CLASSES } from '../language/address-classes.js';
import type { Value } from '../language/ast.js';
import { type FieldType, operatorsOf } from '../language/field.js';
import { FIELDS } from '../language/field-table.js';

/** A JSON schema, as plain JSON. */
export type JsonSchema = { readonly [key: string]: unknown };

const ref = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` });
const object = (properties: JsonSchema, optional: readonly string[] = []): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter(name => !optional.includes(name)),
  additionalProperties: false,
});
const number = { type: 'number', minimum: 0 };
const u32 = { type: 'integer', minimum: 0, maximum: 0xffffffff };
const integer = (maximum: number): JsonSchema => ({ type: 'integer', minimum: 0, maximum });
const string = { type: 'string' };
const value = (type: Value['type'], properties: JsonSchema, optional?: readonly string[]): JsonSchema =>
  object({ type: { const: type }, ...properties }, optional);

const address = ref('address');
/** One schema for each type of value. */
const VALUES: Readonly<Record<Value['type'], JsonSchema>> = {
  number: value('number', { value: number }),
  range: value('range', { from: number, to: number }),
  masked: value('masked', { value: u32, mask: u32 }),
  address: value('address', { address }),
  prefix: value('prefix', { address, length: integer(128) }),
  addresses: value('addresses', { from: address, to: address }),
  netmask: value('netmask', { address, mask: address }),
  class: value('class', { name: { enum: Object.keys(ADDRESS_CLASSES) } }),
  state: value('state', {
    name: string,
    states: { type: 'array', items: object({ protonum: { enum: [6, 33, 132] }, state: integer(255) }) },
  }),
  label: value('label', { name: string, bit: integer(MAX_LABEL) }, ['name', 'bit']),
  text: value('text', { text: string }),
  glob: value('glob', { parts: { type: 'array', items: string, minItems: 2 } }),
  endpoint: value('endpoint', { address: ref('anyAddressValue'), port: integer(0xffff) }, ['port']),
  name: value('name', { name: string }),
};

const ADDRESSES: readonly Value['type'][] = ['address', 'prefix', 'addresses', 'netmask', 'class'];
const NUMBERS: readonly Value['type'][] = ['number', 'range', 'masked'];
const TYPES: Readonly<Record<FieldType, readonly Value['type'][]>> = {
  family: ['number'],
  protocol: ['number'],
  address: ADDRESSES,
  pair: ADDRESSES,
  port: NUMBERS,
  number: NUMBERS,
  hex: NUMBERS,
  size: ['number', 'range'],
  duration: ['number', 'range'],
  time: ['number', 'range'],
  state: ['state'],
  status: ['number'],
  label: ['label'],
  text: ['text', 'glob'],
  enum: ['number'],
  name: ['name'],
  flag: [],
  nat: ['endpoint'],
};

/** The schema of the tests of one field type. */
function testSchema(type: FieldType): JsonSchema {
  const fields = FIELDS.filter(field => field.type === type);
  const values = TYPES[type];
  return object({
    kind: { const: 'test' },
    field: { enum: fields.map(field => field.name) },
    op: { enum: operatorsOf(fields[0]!) },
    values: {
      type: 'array',
      ...(values.length === 0 ? { maxItems: 0 } : { items: { anyOf: values.map(name => ref(`${name}Value`)) } }),
      ...(type === 'pair' && { minItems: 2, maxItems: 2 }),
    },
  });
}

const types = [...new Set(FIELDS.map(field => field.type))];
const terms = { type: 'array', items: ref('filter'), minItems: 2 };

/** The JSON schema (draft 2020-12) of a filter's abstract syntax, made from the field table. */
export const filterJsonSchema: JsonSchema = /* @__PURE__ */ Object.freeze({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'conntrack filter',
  $ref: '#/$defs/filter',
  $defs: {
    filter: {
      anyOf: [
        object({ kind: { const: 'all' } }),
        object({ kind: { const: 'and' }, terms }),
        object({ kind: { const: 'or' }, terms }),
        object({ kind: { const: 'not' }, term: ref('filter') }),
        ref('test'),
      ],
    },
    test: { anyOf: types.map(testSchema) },
    address: object({
      family: { enum: ['ipv4', 'ipv6'] },
      words: { type: 'array', items: u32, minItems: 4, maxItems: 4 },
    }),
    anyAddressValue: { anyOf: ADDRESSES.map(name => ref(`${name}Value`)) },
    ...Object.fromEntries(Object.entries(VALUES).map(([name, schema]) => [`${name}Value`, schema])),
  },
});
