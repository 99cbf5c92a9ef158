import type { Flow } from '@conntrack/client';
import { serviceName } from '@conntrack/filter/services';
import type { ComponentChildren } from 'preact';
import {
  ageOf,
  bytesOf,
  isAssured,
  isOffloaded,
  isUnreplied,
  natOf,
  packetsOf,
  type SeenFlow,
  stateKind,
} from '../model/flow-facts.js';
import type { Rate } from '../model/flows.js';
import { bytesText, countText, endText, markText, rateText, spanText } from '../model/format.js';
import type { Feature } from '../model/table.js';

/** What a cell is made from. */
export interface Cell {
  readonly flow: Flow & SeenFlow;
  readonly rate: Rate | undefined;
  /** The server's clock now, in milliseconds; nobody knows it for a capture. */
  readonly now: number | undefined;
  /** A time as the source's readers expect it. */
  timeText(time: string): string;
  /** Seconds since the flow was read. */
  readonly since: number;
}

/** One column of the flow table. */
export interface Column {
  readonly id: string;
  readonly title: string;
  /** The width as CSS grid has it. */
  readonly width: string;
  /** The field that a click on the header sorts by, and whether the largest comes first. */
  readonly sort?: { field: string; descending: boolean; needs?: 'rates' };
  readonly right?: true;
  /** What the source must record. */
  readonly needs?: 'accounting' | 'timestamps';
  /** The column exists only for sources with this feature. */
  readonly only?: Feature;
  render(cell: Cell): ComponentChildren;
}

/** A value that a click filters by. The table handles the click. */
function Term({ field, value, children }: { field: string; value: string | number; children: ComponentChildren }) {
  return (
    <span class="term" data-field={field} data-value={String(value)}>
      {children}
    </span>
  );
}

function End({
  field,
  port,
  address,
  number,
}: {
  field: string;
  port: string;
  address: string;
  number: number | undefined;
}) {
  const bracketed = number !== undefined && address.includes(':');
  return (
    <>
      <Term field={field} value={address}>
        {bracketed ? `[${address}]` : address}
      </Term>
      {number !== undefined && (
        <>
          :
          <Term field={port} value={number}>
            {number}
          </Term>
        </>
      )}
    </>
  );
}

function Nat({ flow }: { flow: Flow }) {
  const { source, destination } = natOf(flow);
  if (source === undefined && destination === undefined) return <span class="none">–</span>;
  return (
    <>
      {source && (
        <span title={`source is translated to ${endText(source.address, source.port)}`}>
          <b class="nat">S</b>
          <Term field="reply.dst" value={source.address}>
            {source.address}
          </Term>
          {source.port !== flow.original.sport && source.port !== undefined && `:${source.port}`}
        </span>
      )}
      {source && destination && ' '}
      {destination && (
        <span title={`destination is translated to ${endText(destination.address, destination.port)}`}>
          <b class="nat">D</b>
          <Term field="reply.src" value={destination.address}>
            {destination.address}
          </Term>
          {destination.port !== flow.original.dport && destination.port !== undefined && `:${destination.port}`}
        </span>
      )}
    </>
  );
}

function Flags({ flow }: { flow: Flow }) {
  return (
    <>
      {isUnreplied(flow) && (
        <abbr class="flag lonely" title="UNREPLIED: no packet came back">
          U
        </abbr>
      )}
      {isAssured(flow) && (
        <abbr class="flag" title="ASSURED: not evicted when the table is full">
          A
        </abbr>
      )}
      {isOffloaded(flow) && (
        <abbr class="flag" title="OFFLOAD: handled by a flow table">
          O
        </abbr>
      )}
      {flow.helper !== undefined && (
        <abbr class="flag" title={`helper ${flow.helper}`}>
          H
        </abbr>
      )}
      {flow.mark !== undefined && flow.mark !== 0 && (
        <span class="mark">
          <Term field="mark" value={flow.mark}>
            {markText(flow.mark)}
          </Term>
        </span>
      )}
    </>
  );
}

const none = <span class="none">–</span>;

/** All columns, in their order. */
const COLUMNS: readonly Column[] = [
  {
    id: 'event',
    title: 'event',
    width: '5rem',
    only: 'events',
    render: ({ flow }) =>
      flow.event === undefined ? (
        none
      ) : (
        <span class={`event ${flow.event}`}>
          <Term field="event" value={flow.event}>
            {flow.event}
          </Term>
        </span>
      ),
  },
  {
    id: 'difference',
    title: 'compared',
    width: '7rem',
    only: 'differences',
    render: ({ flow }) => <span class={`difference ${flow.difference ?? ''}`}>{flow.difference ?? none}</span>,
  },
  {
    id: 'proto',
    title: 'proto',
    width: '4.6rem',
    sort: { field: 'proto', descending: false },
    render: ({ flow }) => (
      <Term field="proto" value={flow.protocol}>
        {flow.protocol}
      </Term>
    ),
  },
  {
    id: 'state',
    title: 'state',
    width: '8rem',
    sort: { field: 'state', descending: false },
    render: ({ flow }) => (
      <span class={`state ${stateKind(flow)}`}>
        {flow.state === undefined ? (
          isUnreplied(flow) ? (
            'unreplied'
          ) : (
            '–'
          )
        ) : (
          <Term field="state" value={flow.state}>
            {flow.state}
          </Term>
        )}
      </span>
    ),
  },
  {
    id: 'from',
    title: 'from',
    width: 'minmax(10rem, 1.3fr)',
    sort: { field: 'src', descending: false },
    render: ({ flow }) => <End field="src" port="sport" address={flow.original.src} number={flow.original.sport} />,
  },
  {
    id: 'to',
    title: 'to',
    width: 'minmax(11rem, 1.5fr)',
    sort: { field: 'dst', descending: false },
    render: ({ flow }) => {
      const { dst, dport, type, code } = flow.original;
      const service = dport === undefined ? undefined : serviceName(dport);
      return (
        <>
          <End field="dst" port="dport" address={dst} number={dport} />
          {service !== undefined && <i class="service"> {service}</i>}
          {type !== undefined && (
            <i class="service">
              {' '}
              type {type} code {code ?? 0}
            </i>
          )}
        </>
      );
    },
  },
  { id: 'nat', title: 'NAT', width: 'minmax(7rem, 1fr)', render: ({ flow }) => <Nat flow={flow} /> },
  {
    id: 'rate',
    title: '↑ ↓ now',
    width: '9.5rem',
    right: true,
    needs: 'accounting',
    only: 'live',
    sort: { field: 'rate', descending: true, needs: 'rates' },
    render: ({ rate }) =>
      rate === undefined || (rate.up < 1 && rate.down < 1) ? (
        none
      ) : (
        <>
          <span class="up">{rateText(rate.up)}</span> <span class="down">{rateText(rate.down)}</span>
        </>
      ),
  },
  {
    id: 'bytes',
    title: 'bytes',
    width: '5.4rem',
    right: true,
    needs: 'accounting',
    sort: { field: 'bytes', descending: true },
    render: ({ flow }) => {
      const bytes = bytesOf(flow);
      return bytes === undefined ? none : bytesText(bytes);
    },
  },
  {
    id: 'packets',
    title: 'packets',
    width: '5rem',
    right: true,
    needs: 'accounting',
    sort: { field: 'packets', descending: true },
    render: ({ flow }) => {
      const packets = packetsOf(flow);
      return packets === undefined ? none : countText(packets);
    },
  },
  {
    id: 'age',
    title: 'age',
    width: '5.2rem',
    right: true,
    needs: 'timestamps',
    sort: { field: 'start', descending: false },
    render: ({ flow, now }) => {
      const age = ageOf(flow, now);
      return age === undefined ? none : spanText(age);
    },
  },
  {
    id: 'start',
    title: 'started',
    width: '13rem',
    needs: 'timestamps',
    sort: { field: 'start', descending: true },
    render: ({ flow, timeText }) => (flow.start === undefined ? none : timeText(flow.start)),
  },
  {
    id: 'left',
    title: 'left',
    width: '5.2rem',
    right: true,
    sort: { field: 'timeout', descending: false },
    render: ({ flow, since }) =>
      flow.timeout === undefined ? none : spanText(Math.max(0, flow.timeout - Math.floor(since))),
  },
  { id: 'flags', title: 'flags', width: '6rem', render: ({ flow }) => <Flags flow={flow} /> },
  {
    id: 'zone',
    title: 'zone',
    width: '4rem',
    right: true,
    sort: { field: 'zone', descending: false },
    render: ({ flow }) => {
      const zone = flow.zone ?? flow.original.zone ?? flow.reply.zone;
      return zone === undefined ? none : zone;
    },
  },
  {
    id: 'labels',
    title: 'labels',
    width: '8rem',
    render: ({ flow }) => (flow.labels === undefined ? none : flow.labels.join(', ')),
  },
  {
    id: 'secctx',
    title: 'security context',
    width: '12rem',
    render: ({ flow }) => flow.secctx ?? none,
  },
];

/** The columns of a first visit. */
const DEFAULT_COLUMNS = [
  'event',
  'difference',
  'proto',
  'state',
  'from',
  'to',
  'nat',
  'rate',
  'bytes',
  'age',
  'left',
  'flags',
] as const;

/** The columns that a source can have. */
export const columnsFor = (features: ReadonlySet<Feature>): readonly Column[] =>
  COLUMNS.filter(({ only }) => only === undefined || features.has(only));

/** The columns of a view. By default, a capture has no columns for what it does not contain. */
export function columnsOf(
  ids: readonly string[],
  features: ReadonlySet<Feature>,
  recorded: Readonly<Record<'accounting' | 'timestamps', boolean>>,
): readonly Column[] {
  const chosen = ids.length === 0 ? (DEFAULT_COLUMNS as readonly string[]) : ids;
  const shows = ({ id, needs }: Column): boolean =>
    chosen.includes(id) && (ids.length > 0 || needs === undefined || recorded[needs] || !features.has('capture'));
  return columnsFor(features).filter(shows);
}

const SYSCTLS = { accounting: 'nf_conntrack_acct', timestamps: 'nf_conntrack_timestamp' } as const;

/** Why a column is empty, and the command that fills it. */
export const missingText = (needs: keyof typeof SYSCTLS, kind: string | undefined): string =>
  kind === 'capture'
    ? 'no entry has this'
    : `not recorded: sysctl -w net.netfilter.${SYSCTLS[needs]}=1 (for new connections)`;
