import { complete } from '@conntrack/filter/complete';
import { json } from '../http/context.js';
import { integer, oneOf, type Parameter } from '../http/query/parameters.js';
import { readParameters } from '../http/query/query.js';
import { CompletionsSchema } from '../schemas/answers.js';
import { given, type Operation } from './operation.js';

const text: Parameter<string> = {
  description: 'The filter as far as it is written, percent-encoded as a whole; nothing at all is a beginning too',
  schema: { type: 'string', maxLength: 8192, example: 'proto=tcp&dp' },
  read: value => value,
};

const parameters = {
  text,
  position: integer('The place in `text`; its end by default', 0, 8192),
  syntax: oneOf('The spelling; told from the text by default', ['query', 'expression'] as const),
};

/** `GET /filter/complete`: for shells and search boxes. */
export const filterComplete: Operation = {
  id: 'completeFilter',
  method: 'get',
  path: '/filter/complete',
  summary: 'Complete a filter',
  description: 'Returns what can follow at a position of a filter. For shells and search boxes.',
  tag: 'filter',
  access: 'any',
  parameters,
  answers: { 200: { description: 'The proposals', content: { 'application/json': CompletionsSchema } } },
  problems: [],
  handle({ raw }) {
    const { text = '', position, syntax } = readParameters(raw, parameters);
    return json(complete(text, position, given({ syntax })));
  },
};
