// The filter language in SQL gives the same rows as `compileFilter`.
import { FIELDS, type Filter, fieldsOf, findField } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import { type Flow, FlowObjectCursor, protocolOf } from '@conntrack/flow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filter as anyFilter, flow as anyFlow } from '../../../filter/test/arbitraries.js';
import { Parameters } from '../../src/query/parameters.js';
import { Condition, columnsOf, isRecorded } from '../../src/query/where.js';
import { Block } from '../../src/store/block.js';
import { ASKED_COLUMNS, COLUMN_NAMES, type ColumnName, sealedColumns } from '../../src/store/columns.js';
import { Database } from '../../src/store/duckdb.js';
import { decodeBlock, encodeBlock, noteUsed } from '../../src/store/journal-format.js';
import { BlockAppender } from '../../src/store/segment-reader.js';
import { batchOf, type TestRow } from '../records.js';

/** Both directions of a real flow have the same parts. */
function completed(flow: Flow): Flow {
  const { original, reply } = flow;
  const parts = [
    ['sport', 'dport'],
    ['dport', 'sport'],
    ['srckey', 'dstkey'],
    ['dstkey', 'srckey'],
    ['id', 'id'],
  ] as const;
  for (const [part, mirror] of parts) {
    if (original[part] === undefined) delete reply[mirror];
    else reply[mirror] ??= original[part];
  }
  return { ...flow, protocol: protocolOf(flow.protonum).name };
}

/** A flow as the history has it: with the age at the time of the row. */
class PastCursor extends FlowObjectCursor {
  constructor(readonly row: TestRow) {
    super(row.kind === 'end' ? { ...row.flow, stop: new Date(row.time!).toISOString() } : row.flow);
  }
  override age(): number {
    const start = this.start();
    return start < 0 ? -1 : Math.max(0, (this.row.time! - start) / 1000);
  }
}

/** Fields that are not recorded, or only in streams of events. */
const isAsked = (filter: Filter): boolean =>
  [...fieldsOf(filter)].every(name => {
    const field = findField(name)!;
    return isRecorded(field) && field.requires !== 'events';
  });

const LONG = Number(process.env.HISTORY_RUNS ?? 200);

describe('a filter of the past', () => {
  it('selects the same rows as compileFilter, for random filters and rows', async () => {
    const database = await Database.open('/nonexistent', { threads: 1 });
    const connection = await database.connect();
    const start = 1_750_000_000_000;
    const flows = fc.sample(anyFlow, { numRuns: 1500, seed: Number(process.env.HISTORY_SEED ?? 7) }).map(completed);
    const rows = flows.map((flow, i): TestRow => ({ kind: i % 5 === 0 ? 'nat' : 'end', time: start + i * 1000, flow }));
    const block = new Block();
    for (const cursor = batchOf(rows).cursor(); cursor.next(); ) block.add(cursor);
    const bytes = encodeBlock(block);
    const again = new Block();
    decodeBlock(bytes, 0, again);
    const used = new Set<ColumnName>(['kind', 'time']);
    noteUsed(bytes, 0, used);
    const appender = await BlockAppender.create(database, connection, 'rows', used);
    appender.append(again);
    appender.close();
    await connection.run(`CREATE TEMP TABLE sealed AS SELECT ${sealedColumns(used)} FROM rows`);
    await connection.run(`CREATE TEMP TABLE asked AS SELECT ${ASKED_COLUMNS} FROM sealed`);
    const cursors = rows.map(row => new PastCursor(row));
    let matches = 0;
    await fc.assert(
      fc.asyncProperty(anyFilter.filter(isAsked), async filter => {
        const parameters = new Parameters(database);
        const sql = `SELECT epoch_ms(time)::DOUBLE FROM asked WHERE ${new Condition(parameters).of(filter)} ORDER BY time`;
        const reader = await connection.runAndReadAll(sql, parameters.values, parameters.types);
        const found = reader.getRows().map(([time]) => (Number(time) - start) / 1000);
        const passes = compileFilter(filter);
        const expected = cursors.flatMap((cursor, i) => (passes(cursor) ? [i] : []));
        matches += expected.length > 0 && expected.length < rows.length ? 1 : 0;
        const differing = rows.filter((_, i) => found.includes(i) !== expected.includes(i));
        expect(differing.slice(0, 1), `${sql}\n${parameters.values}`).toEqual([]);
      }),
      { numRuns: LONG, ...(process.env.HISTORY_SEED && { seed: Number(process.env.HISTORY_SEED) }) },
    );
    expect(matches).toBeGreaterThan(LONG / 10);
    connection.closeSync();
    database.close();
  });

  it('reads every field of the language from columns that exist, or refuses it', () => {
    const made = ['stop', 'bytes', 'packets', 'age'];
    for (const field of FIELDS) {
      const { requires, read } = field;
      if (!isRecorded(field) || requires === 'events' || read === undefined) continue;
      for (const column of columnsOf(field)) expect([...COLUMN_NAMES, ...made], field.name).toContain(column);
    }
  });

  it('refuses what is known only while a flow exists', () => {
    const refused = FIELDS.filter(field => !isRecorded(field)).map(({ name }) => name);
    expect(refused.sort()).toEqual([
      'event',
      'first-seen',
      'node',
      'orig.rate',
      'portid',
      'rate',
      'reply.rate',
      'timeout',
      'use',
    ]);
    for (const name of refused)
      expect(() => new Condition({} as Parameters).of({ kind: 'test', field: name, op: 'exists', values: [] })).toThrow(
        `'${name}' cannot be asked of the past`,
      );
  });

  it('binds every value: no text of a filter is part of the statement', () => {
    const parameters = { text: () => '$1' } as unknown as Parameters;
    const text = "x'; DROP TABLE rows; --";
    const sql = new Condition(parameters).of({
      kind: 'test',
      field: 'helper',
      op: 'eq',
      values: [
        { type: 'text', text },
        { type: 'glob', parts: [text, text] },
      ],
    });
    expect(sql).not.toContain('DROP');
  });
});
