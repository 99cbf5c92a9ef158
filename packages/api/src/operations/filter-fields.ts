import { FIELDS, operatorsOf } from '@conntrack/filter';
import { FIELD_DOCS } from '@conntrack/filter/docs';
import { json } from '../http/context.js';
import { readParameters } from '../http/query/query.js';
import { FieldsSchema } from '../schemas/answers.js';
import type { Operation } from './operation.js';

export const filterFields: Operation = {
  id: 'listFilterFields',
  method: 'get',
  path: '/filter/fields',
  summary: 'List filter fields',
  description: 'Returns all fields of the filter language with their types, units, operators, values and aliases.',
  tag: 'filter',
  access: 'any',
  parameters: {},
  answers: { 200: { description: 'The fields', content: { 'application/json': FieldsSchema } } },
  problems: [],
  handle({ raw }) {
    readParameters(raw, {});
    return json({
      fields: FIELDS.map(({ read: _, kernel: __, events: ___, ...field }) => ({
        ...field,
        ...FIELD_DOCS[field.name],
        operators: operatorsOf(field),
      })),
    });
  },
};
