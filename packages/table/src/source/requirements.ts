import { FIELDS, type Filter, findField } from '@conntrack/filter';
import { unfitForEvents } from '@conntrack/filter/events';
import { REQUIREMENTS, type UnavailableIssue, unavailableIn } from '@conntrack/filter/requirements';
import type { FlowEventType } from '@conntrack/flow';
import { suggestion } from '@conntrack/flow/checks';
import { TableError } from '@conntrack/flow/table';
import { neededBy } from './recorded.js';
import type { TableSource } from './source.js';

/** What an operation needs, and what it does. */
export interface Needs {
  filter?: Filter;
  sort?: readonly { field: string }[];
  /** Further fields that the caller reads. Only an index has some of them; others may be absent from flows. */
  reads?: readonly string[];
  /** The types of a stream of events. */
  events?: readonly FlowEventType[];
  /** The kernel answers, even if the table has an index. */
  fresh?: boolean;
  /** The filter selects the flows of a change, which the kernel does. */
  change?: boolean;
  signal?: AbortSignal;
}

/**
 * Refuses a filter that must hold for every entry, as the kernel has it, over fields that entries never have: it would protect or show the
 * wrong flows. @throws TableError FIELD_UNAVAILABLE
 */
export function checkEntryFilter(what: string, filter: Filter | undefined): void {
  const [issue] = filter === undefined ? [] : unavailableIn(filter, { accounting: true, timestamps: true });
  if (issue !== undefined) throw unavailable({ ...issue, message: `${what}: ${issue.message}` });
}

type Provides = NonNullable<Parameters<typeof unavailableIn>[1]>;

/**
 * Refuses a filter or sort over fields that the source does not record: an empty result would look as if nothing matched. With `events`
 * (the types of a stream), it also refuses a filter that the stream cannot apply correctly.
 *
 * @throws TableError FIELD_UNAVAILABLE, which names the sysctl that turns the field on; SORT_INVALID for a field that does not exist
 */
export async function checkAvailable(source: TableSource, needs: Needs): Promise<void> {
  const { filter, sort = [], reads = [], events } = needs;
  const [unfit] = filter === undefined || events === undefined ? [] : unfitForEvents(filter, events);
  if (unfit !== undefined) throw unavailable(unfit);
  const measured = reads.map(readField).filter(({ requires }) => requires === 'index' || requires === 'rates');
  const nothing = filter === undefined ? [] : unavailableIn(filter, {});
  const named = [
    ...sort.flatMap(({ field }) => FIELDS.find(({ name, requires }) => name === field && requires) ?? []),
    ...measured,
  ];
  // Most filters need nothing special, and then the source is not asked.
  if (nothing.length === 0 && named.length === 0) return;
  const provides = {
    ...(await providedBy(source, needs, named)),
    events: events !== undefined || source.hasEvents === true,
  };
  const [issue] = filter === undefined ? [] : unavailableIn(filter, provides);
  const where = source.info.kind === 'capture' ? `; no entry of ${source.info.name} has this field` : '';
  const refused = issue ?? named.map(({ name, requires }) => missing(name, requires!, provides)).find(each => each);
  if (refused === undefined) return;
  const { field } = refused;
  const { requires } = findField(field)!;
  if (requires !== 'index' && requires !== 'rates') throw unavailable(refused, where);
  if (!provides.index) throw unavailable({ field, message: unmeasuredText(source, field, needs) }, where);
  // Without accounting, an index measures no rates.
  const { missing: what, ...rest } = REQUIREMENTS.accounting;
  throw unavailable({ field, message: `${field} ${what}`, ...rest }, where);
}

function readField(name: string) {
  const field = findField(name);
  if (field !== undefined) return field;
  throw new TableError(
    'SORT_INVALID',
    `cannot read '${name}'${suggestion(
      name,
      FIELDS.map(each => each.name),
      'Fields',
    )}`,
  );
}

type Refused = Pick<UnavailableIssue, 'message' | 'field' | 'sysctl'>;

function missing(
  field: UnavailableIssue['field'],
  requires: keyof typeof REQUIREMENTS,
  provides: Provides,
): Refused | undefined {
  if (requires === 'events' || provides[requires]) return undefined;
  const { missing: what, ...rest } = REQUIREMENTS[requires];
  return { field, message: `${field} ${what}`, ...rest };
}

/** Returns what the source records, as far as the filter and the order need it. */
async function providedBy(
  source: TableSource,
  { filter, events, fresh, change, signal }: Needs,
  named: readonly { name: string }[],
): Promise<Provides> {
  if (source.recorded === undefined) {
    const { accounting, timestamps, fleet } = await source.capabilities(signal);
    const index = source.indexState?.().state === 'live' && events === undefined && !fresh && !change;
    return { accounting, timestamps, index, rates: index && accounting, fleet: fleet !== undefined };
  }
  const needed = neededBy(
    filter,
    named.map(({ name: field }) => ({ field })),
  );
  const { counters, start, stop, age, rates, firstSeen, node = false } = await source.recorded(needed, signal);
  return {
    accounting: counters,
    timestamps: (start || !needed.start) && (stop || !needed.stop) && (age || !needed.age),
    index: firstSeen,
    rates,
    fleet: node,
  };
}

const unavailable = ({ message, field, sysctl }: Refused, where = ''): TableError =>
  new TableError('FIELD_UNAVAILABLE', message + where, { field, ...(sysctl !== undefined && { sysctl }) });

/** Says why an index does not answer, and what to do about it; continues a sentence. */
export function withoutIndex(source: TableSource, fresh = false): string {
  const state = source.indexState?.().state;
  if (state === undefined) return 'without an index. Start the server with --index (in a program: index: true)';
  if (fresh) return 'from the kernel’s table itself. Leave out fresh';
  if (state === 'off') return 'because the index was switched off. GET /capabilities tells why';
  return `while the index is ${state}. Repeat the request in some seconds`;
}

function unmeasuredText(source: TableSource, field: string, { events, fresh, change }: Needs): string {
  if (events !== undefined) return `${field} is not in events: an index measures it. List the flows instead`;
  if (change)
    return `${field} cannot select the flows of a change: the kernel does not have it. List the flows, and change them by their keys`;
  return `${field} is measured by an index, and is not available ${withoutIndex(source, fresh)}`;
}

/** Makes the error for rows that only an index has, if the index is not current any more. */
export const unmeasured = (source: TableSource): TableError =>
  new TableError('FIELD_UNAVAILABLE', `rate and first-seen are not available ${withoutIndex(source)}`);
