import { type Flow, type FlowEvent, type FlowEventType, FlowObjectCursor } from '@conntrack/flow';
import { printableJson } from '@conntrack/flow/text';
import { formatEvent, formatFlow } from '@conntrack/parser/format';
import { filterOf } from '../options/filter-argument.js';
import { integer } from '../options/values/numbers.js';
import { lineOf } from '../output/table/line.js';
import { painter } from '../output/table/paint.js';
import { tableStyle } from '../output/table/style.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { say } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { type SourceOptions, withTable } from '../source/source.js';
import type { DisplayOptions } from '../terminal/options.js';
import { type Terminal, terminalOf } from '../terminal/terminal.js';

/** The options of `ctctl watch`. */
export interface WatchArguments extends SourceOptions, DisplayOptions {
  output?: string;
  events?: string;
  initial?: boolean;
  limit?: string;
}

/** What a line is about: an event, or an entry that existed before. */
type Seen = FlowEvent | { readonly type: 'initial'; readonly flow: Flow };

const TYPES: readonly FlowEventType[] = ['new', 'update', 'destroy'];

function typesOf(text: string): FlowEventType[] {
  return text.split(',').map(name => {
    const type = TYPES.find(each => each === name.trim().toLowerCase());
    if (type === undefined) throw new UsageError(`--events: must be a list of ${TYPES.join(', ')}, got '${name}'`);
    return type;
  });
}

/** The widths of the columns of a watch, which are known before the rows. */
const WIDTHS: Readonly<Record<string, number>> = { proto: 5, state: 11, source: 21, destination: 21, nat: 26 };

/** Returns how an event is written, with its line end. @throws UsageError */
function writerOf(name: string, terminal: Terminal): (seen: Seen) => string {
  if (name === 'ndjson') return seen => `${printableJson(seen)}\n`;
  if (name === 'text')
    return seen =>
      `${seen.type === 'initial' ? formatFlow(seen.flow, { format: 'conntrack' }) : formatEvent(seen, { format: 'conntrack' })}\n`;
  if (name !== 'table') throw new UsageError(`--output: unknown format '${name}'. Formats: table, text, ndjson`);
  const { shape } = tableStyle(terminal, false);
  const layout = shape.columns.flatMap(({ name }, at) => {
    const width = WIDTHS[name];
    return width === undefined ? [] : [{ at, width }];
  });
  const paint = painter(terminal);
  const { colors } = terminal;
  const color = { new: colors.green, update: colors.cyan, destroy: colors.dim, initial: colors.dim };
  const cursor = new FlowObjectCursor();
  return seen => {
    const given = 'time' in seen && seen.time !== undefined ? new Date(seen.time) : new Date();
    const time = given.toTimeString().slice(0, 8);
    const line = lineOf(shape.columns, layout, shape.cells(cursor.move(seen.flow)), paint);
    return `${colors.dim(time)}  ${color[seen.type](seen.type.padEnd(7))}  ${line}`;
  };
}

/** Runs `ctctl watch [FILTER…]` until it is interrupted. */
export async function watch(context: Context, words: readonly string[], options: WatchArguments): Promise<number> {
  const { io, output } = context;
  const { signal } = io;
  const terminal = terminalOf(io, options);
  const name = options.output?.toLowerCase() ?? (terminal.isTerminal ? 'table' : 'text');
  const write = writerOf(name, terminal);
  const types = options.events === undefined ? undefined : typesOf(options.events);
  const limit = options.limit === undefined ? Number.POSITIVE_INFINITY : integer(options.limit, '--limit');
  const filter = await filterOf(io, words, 'read');
  return withTable(io, options, async table => {
    // The subscription is active before the table is read, so that nothing is missed between both.
    await using events = await table.events({ filter, signal, ...(types && { types }) });
    if (options.initial)
      for await (const flows of table.batches({ filter, signal }))
        await output.write(flows.map(flow => write({ type: 'initial', flow })).join(''));
    let count = 0;
    if (count >= limit) return EXIT.ok;
    for await (const event of events) {
      if (event.type === 'gap') {
        say(io, `gap: ${event.reason}`);
        if (name === 'ndjson') await output.write(`${printableJson(event)}\n`);
        continue;
      }
      await output.write(write(event));
      if (++count >= limit) break;
    }
    return EXIT.ok;
  });
}
