import { FIELDS, type FlowField, findField, keyWordOf, operatorsOf } from '@conntrack/filter';
import { complete } from '@conntrack/filter/complete';
import { FIELD_DOCS } from '@conntrack/filter/docs';
import { REQUIREMENTS } from '@conntrack/filter/requirements';
import { printableJson } from '@conntrack/flow/text';
import { examplesOf } from '../options/field-examples.js';
import { isJson } from '../options/format.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { UsageError } from '../process/usage-error.js';

/** A field, as it is shown. */
interface Described {
  name: string;
  aliases: readonly string[];
  summary: string;
  type: string;
  /** What may follow the name in a query string. */
  operators: string[];
  values: string[];
  needs: string | undefined;
  examples: readonly string[];
}

const OPERATORS: Readonly<Record<string, string>> = { gt: '>', gte: '>=', lt: '<', lte: '<=' };
/** What follows the operators that are written as a word. */
const OPERANDS: Readonly<Record<string, string>> = { exists: '=true', all: '=A,B' };

function described(field: FlowField): Described {
  const { name, aliases, type, requires } = field;
  const isFlag = type === 'flag';
  const { items } = complete(`${name}=`, `${name}=`.length, { syntax: 'query' });
  const more = operatorsOf(field)
    .filter(op => op !== 'eq')
    .map(op => OPERATORS[op] ?? `${name}.${keyWordOf(op)}${OPERANDS[op] ?? '='}`);
  return {
    name,
    aliases,
    summary: FIELD_DOCS[name].summary,
    type,
    operators: isFlag ? [name, `${name}=false`] : ['=', '!=', ...more],
    values: isFlag ? [] : items.map(({ text }) => text),
    needs:
      requires && `${requires}${REQUIREMENTS[requires].sysctl ? ` (sysctl ${REQUIREMENTS[requires].sysctl}=1)` : ''}`,
    examples: examplesOf(field),
  };
}

/** Runs `ctctl fields [NAME]`. */
export async function fields(
  { output }: Context,
  name: string | undefined,
  { output: format }: { output: string },
): Promise<number> {
  const json = isJson(format);
  if (name === undefined) {
    const width = Math.max(...FIELDS.map(each => each.name.length)) + 2;
    await output.write(
      json
        ? `${printableJson(FIELDS.map(described))}\n`
        : FIELDS.map(each => `${each.name.padEnd(width)}${FIELD_DOCS[each.name].summary}\n`).join(''),
    );
    return EXIT.ok;
  }
  const field = findField(name);
  if (field === undefined) throw new UsageError(`unknown field '${name}'. All fields: ctctl fields`);
  const it = described(field);
  await output.write(json ? `${printableJson(it)}\n` : blockOf(it));
  return EXIT.ok;
}

/** The lines about one field. */
function blockOf({ name, aliases, summary, operators, values, needs, examples }: Described): string {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['aliases', aliases.join(', ')],
    ['operators', operators.join('  ')],
    ['values', values.join(', ')],
    ['needs', needs],
  ];
  const lines = rows.filter(([, text]) => text).map(([label, text]) => `  ${label.padEnd(11)}${text}\n`);
  return `${name}: ${summary}\n${lines.join('')}\nExamples:\n${examples.map(example => `  ctctl list ${example}\n`).join('')}`;
}
