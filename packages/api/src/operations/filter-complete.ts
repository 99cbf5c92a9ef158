import { complete } from '@conntrack/filter/complete';
import { json } from '../http/context.js';
import { integer, oneOf, type Parameter } from '../http/query/parameters.js';
import { readParameters } from '../http/query/query.js';
import { CompletionsSchema } from '../schemas/answers.js';
import { given, type Operation } from './operation.js';

const text: Parameter<string> = {
  description: 'The filter so far, percent-encoded as a whole. It can be empty',
  schema: { type: 'string', maxLength: 8192, example: 'proto=tcp&dp' },
  read: value => value,
};

const parameters = {
  text,
  position: integer('The cursor’s position in `text`, in characters. Default: the end', 0, 8192),
  syntax: oneOf('The syntax of the filter. Default: detected from the text', ['query', 'expression'] as const),
};

export const filterComplete: Operation = {
  id: 'completeFilter',
  method: 'get',
  path: '/filter/complete',
  summary: 'Complete a filter',
  description:
    'Returns what can follow at a position of a filter: fields, operators and values. For shell completion and search boxes. The table is not read.',
  tag: 'filter',
  access: 'any',
  parameters,
  answers: { 200: { description: 'The completions', content: { 'application/json': CompletionsSchema } } },
  problems: [],
  handle({ raw }) {
    const { text = '', position, syntax } = readParameters(raw, parameters);
    return json(complete(text, position, given({ syntax })));
  },
};
