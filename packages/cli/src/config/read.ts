import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { ConfigError, type ConfigFault } from './config-error.js';

/** The origin of a value, for its faults. */
export interface Origin {
  /** The place of a setting. */
  where(path: readonly PropertyKey[]): string;
  /** Whether the place already names the setting, as a flag does. */
  names?(path: readonly PropertyKey[]): boolean;
  /** Whether faults must not show the value. */
  secret?: boolean;
}

/** Settings whose values are not shown: somebody may have written a token instead of its hash. */
const SECRET: ReadonlySet<PropertyKey | undefined> = new Set(['tokenList']);

const setting = (path: readonly PropertyKey[]): string =>
  path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`)).join('');

interface JsonSchema {
  properties?: Readonly<Record<string, JsonSchema>>;
  items?: JsonSchema;
  anyOf?: readonly JsonSchema[];
}

/** The known members of an object, for the message about an unknown one. */
function known(schema: z.ZodType, path: readonly PropertyKey[]): string {
  const objectOf = (node: JsonSchema | undefined): JsonSchema | undefined =>
    node?.anyOf ? node.anyOf.find(({ properties }) => properties) : node;
  let at = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }) as JsonSchema | undefined;
  for (const part of path) at = typeof part === 'number' ? at?.items : objectOf(at)?.properties?.[String(part)];
  const { properties = {} } = objectOf(at) ?? {};
  return Object.keys(properties).length === 0 ? '' : `. Known settings: ${Object.keys(properties).join(', ')}`;
}

function faultsOf(issues: readonly z.core.$ZodIssue[], origin: Origin, schema: z.ZodType): ConfigFault[] {
  return issues.flatMap((issue): ConfigFault[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map(key => ({
        where: origin.where([...issue.path, key]),
        setting: setting([...issue.path, key]),
        message: `unknown setting${known(schema, issue.path)}`,
      }));
    // Reports the faults of the alternative that the value resembles most: the object.
    if (issue.code === 'invalid_union') {
      const nearest = issue.errors.find(
        errors => errors.some(({ path }) => path.length > 0) || errors.some(({ code }) => code === 'unrecognized_keys'),
      );
      if (nearest !== undefined)
        return faultsOf(
          nearest.map(each => ({ ...each, path: [...issue.path, ...each.path] })),
          origin,
          schema,
        );
    }
    return [
      {
        where: origin.where(issue.path),
        setting: origin.names?.(issue.path) ? '' : setting(issue.path),
        message: `${issue.message}${SECRET.has(issue.path[0]) ? '' : instead(issue.input)}`,
      },
    ];
  });
}

/** The end of a message: the value, if it is short. Missing values, objects and secrets are not shown. */
const instead = (input: unknown): string =>
  input === undefined || typeof input === 'object' || String(input).length > 80 ? '' : `, got ${inspect(input)}`;

/** Checks a value against a schema. @throws ConfigError with all faults */
export function checked<T extends z.ZodType>(value: unknown, schema: T, origin: Origin): z.output<T> {
  const result = schema.safeParse(value, { reportInput: origin.secret !== true });
  if (result.success) return result.data;
  throw new ConfigError(faultsOf(result.error.issues, origin, schema));
}

/**
 * The place of a setting in a file, with line and column from 1. For a missing setting, the place of the object that
 * should contain it.
 */
function placeIn(file: string, document: Document, lines: LineCounter): Origin {
  return {
    where(path) {
      for (let length = path.length; length >= 0; length--) {
        const parent = length === 0 ? undefined : document.getIn(path.slice(0, length - 1), true);
        const pair = isMap(parent)
          ? parent.items.find(({ key }) => String(key) === String(path[length - 1]))
          : undefined;
        const node = pair && isNode(pair.key) ? pair.key : document.getIn(path.slice(0, length), true);
        if (!isNode(node) || !node.range) continue;
        const { line, col } = lines.linePos(node.range[0]);
        return `${file}:${line}:${col}`;
      }
      return file;
    },
  };
}

/**
 * Reads a YAML or JSON file, and checks it against a schema.
 *
 * @throws ConfigError with file, line and column of each fault
 */
export function readFile<T extends z.ZodType>(file: string, schema: T, { secret = false } = {}): z.output<T> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(
      [{ where: file, setting: '', message: `cannot read this file (${(error as NodeJS.ErrnoException).code})` }],
      error,
    );
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0)
    throw new ConfigError(
      document.errors.map(({ pos, message }) => {
        const { line, col } = lines.linePos(pos[0]);
        return { where: `${file}:${line}:${col}`, setting: '', message };
      }),
    );
  return checked(document.toJS() ?? {}, schema, { ...placeIn(file, document, lines), secret });
}
