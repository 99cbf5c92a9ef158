import { ALL, allOf, type FieldName, type Filter, fieldsOf } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import { type Flow, type FlowChange, FlowObjectCursor } from '@conntrack/flow';
import { TableError } from '@conntrack/flow/table';
import { ALTERED } from '@conntrack/table';

/** What a caller with limited rights sees of a fleet. Each node also applies the limits of the fleet's own token. */
export class Limit {
  readonly #filter: Filter;
  readonly #holds: (cursor: FlowObjectCursor) => boolean;
  readonly #reads: ReadonlySet<FieldName>;

  constructor(filter: Filter = ALL) {
    this.#filter = filter;
    this.#holds = compileFilter(filter);
    this.#reads = fieldsOf(filter);
  }

  /** Whether the caller sees the whole fleet. */
  get isWhole(): boolean {
    return this.#filter.kind === 'all';
  }

  /** Adds the limit to a filter. */
  and(filter: Filter = ALL): Filter {
    return allOf([this.#filter, filter]);
  }

  /** Adds the limit to filters that are wanted: a filter that matches everything stays, so that it is refused. */
  each(filter: Filter | readonly Filter[]): Filter[] {
    return ('kind' in filter ? [filter] : filter).map(each => (each.kind === 'all' ? each : this.and(each)));
  }

  holds(flow: Flow): boolean {
    return this.isWhole || this.#holds(new FlowObjectCursor(flow));
  }

  /** Returns the flow if the caller may see it. @throws TableError FLOW_NOT_FOUND */
  own(flow: Flow): Flow {
    if (this.holds(flow)) return flow;
    throw new TableError('FLOW_NOT_FOUND', 'no entry has this tuple');
  }

  /** Refuses an operation on the whole fleet. @throws TableError OUTSIDE */
  whole(what: string): void {
    if (!this.isWhole) throw new TableError('OUTSIDE', `${what} is outside the filter of this caller`);
  }

  /** Refuses a change of a field that the limit reads: it could move a flow out of it. @throws TableError OUTSIDE */
  checkChange(change: FlowChange | 'delete'): void {
    if (change === 'delete') return;
    const moves = Object.keys(change).some(part =>
      ALTERED[part as keyof FlowChange].some(field => this.#reads.has(field)),
    );
    if (moves)
      throw new TableError('OUTSIDE', 'a change of a field in the filter of this caller is not possible in a fleet');
  }
}
