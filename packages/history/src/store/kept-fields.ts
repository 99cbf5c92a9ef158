import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suggestion } from '@conntrack/flow/checks';
import { HistoryError } from '../errors.js';
import type { LeftOut } from './block.js';
import { COLUMNS, type ColumnName, TEXT_COLUMNS } from './columns.js';

/** The columns that can be left out, by the name of their field in the filter language. */
const OPTIONAL: ReadonlyMap<string, readonly ColumnName[]> = new Map<string, readonly ColumnName[]>([
  ...COLUMNS.filter(({ always }) => always !== true).map(
    ({ name }) => [name.replaceAll('_', '.'), [name]] as [string, ColumnName[]],
  ),
  ...TEXT_COLUMNS.filter(name => name !== 'note').map(name => [name, [name]] as [string, ColumnName[]]),
  ['bytes', ['orig_bytes', 'reply_bytes']],
  ['packets', ['orig_packets', 'reply_packets']],
]);

/** The fields that `fields` can name. */
export const KEPT_FIELDS: readonly string[] = [...OPTIONAL.keys()];

/** Returns the columns that are left out if only these fields are kept. @throws HistoryError SETTING_INVALID for an unknown field */
export function leftOutBy(fields: readonly string[] | undefined): LeftOut {
  if (fields === undefined) return new Set();
  const kept = new Set<ColumnName>();
  for (const field of fields) {
    const columns = OPTIONAL.get(field);
    if (columns === undefined)
      throw new HistoryError(
        'SETTING_INVALID',
        `cannot keep the field '${field}'${suggestion(field, KEPT_FIELDS, 'Fields')}`,
      );
    for (const column of columns) kept.add(column);
  }
  return new Set([...OPTIONAL.values()].flat().filter(column => !kept.has(column)));
}

/** From when on which columns were left out. */
interface Change {
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly leftOut: readonly string[];
}

const fileOf = (folder: string): string => join(folder, 'recorder.json');

async function changesOf(folder: string): Promise<readonly Change[]> {
  try {
    return (JSON.parse(await readFile(fileOf(folder), 'utf8')) as { changes: Change[] }).changes;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new HistoryError('FOLDER_UNUSABLE', `cannot read ${fileOf(folder)}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Remembers from when on columns are left out, so that a question about them can be refused. */
export async function noteLeftOut(folder: string, leftOut: LeftOut, now: number): Promise<void> {
  const changes = await changesOf(folder);
  const names = [...leftOut].sort();
  if (String(changes.at(-1)?.leftOut ?? []) === String(names)) return;
  const path = fileOf(folder);
  await writeFile(`${path}.new`, JSON.stringify({ changes: [...changes, { since: now, leftOut: names }] }), {
    mode: 0o600,
  });
  await rename(`${path}.new`, path);
}

/** Returns the columns that were left out at any time within a span. */
export async function leftOutWithin(folder: string, from: number, to: number): Promise<LeftOut> {
  const changes = await changesOf(folder);
  const within = changes.filter(
    ({ since }, i) => since <= to && (changes[i + 1]?.since ?? Number.POSITIVE_INFINITY) >= from,
  );
  return new Set(within.flatMap(({ leftOut }) => leftOut as ColumnName[]));
}
