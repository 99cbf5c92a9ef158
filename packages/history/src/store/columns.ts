/** How a column's numbers are kept in memory, in the journal and in DuckDB. */
export const RAW_KINDS = {
  u8: { make: Uint8Array, type: 'UTINYINT', words: 1 },
  u16: { make: Uint16Array, type: 'USMALLINT', words: 1 },
  i32: { make: Int32Array, type: 'INTEGER', words: 1 },
  f64: { make: Float64Array, type: 'DOUBLE', words: 1 },
  /** An address in the shared space of IPv4 and IPv6: `00000000-0000-0000-0000-ffffc0000201` is 192.0.2.1. */
  address: { make: Uint32Array, type: 'UUID', words: 4 },
} as const;

interface Raw {
  readonly kind: keyof typeof RAW_KINDS;
  /** The number that means "unknown". A column in which all rows have it is not written. */
  readonly absent: number;
  /** The type of the column in Parquet. */
  readonly type: string;
  /** Always kept, whatever is left out. */
  readonly always?: true;
}

const ADDRESS: Raw = { kind: 'address', absent: 0xffffffff, type: 'UUID' };
const PORT: Raw = { kind: 'i32', absent: -1, type: 'USMALLINT' };
const OCTET: Raw = { kind: 'i32', absent: -1, type: 'UTINYINT' };
const ZONE: Raw = { kind: 'u16', absent: 0, type: 'USMALLINT' };
const WORD: Raw = { kind: 'f64', absent: -1, type: 'UINTEGER' };
const COUNTER: Raw = { kind: 'f64', absent: -1, type: 'UBIGINT' };
const TIME: Raw = { kind: 'f64', absent: -1, type: 'TIMESTAMP' };

const raw = {
  kind: { kind: 'u8', absent: 255, type: 'VARCHAR', always: true },
  time: { ...TIME, always: true },
  start: TIME,
  family: { kind: 'u8', absent: 255, type: 'UTINYINT', always: true },
  proto: { kind: 'u8', absent: 255, type: 'UTINYINT', always: true },
  src: ADDRESS,
  dst: ADDRESS,
  sport: PORT,
  dport: PORT,
  reply_src: ADDRESS,
  reply_dst: ADDRESS,
  reply_sport: PORT,
  reply_dport: PORT,
  icmp_type: OCTET,
  icmp_code: OCTET,
  icmp_id: PORT,
  reply_icmp_id: PORT,
  gre_srckey: PORT,
  gre_dstkey: PORT,
  reply_gre_srckey: PORT,
  reply_gre_dstkey: PORT,
  zone: ZONE,
  orig_zone: ZONE,
  reply_zone: ZONE,
  state: OCTET,
  status: WORD,
  mark: WORD,
  secmark: WORD,
  id: WORD,
  orig_packets: COUNTER,
  orig_bytes: COUNTER,
  reply_packets: COUNTER,
  reply_bytes: COUNTER,
  orig_sctp_vtag: WORD,
  reply_sctp_vtag: WORD,
  dccp_role: OCTET,
  portid: WORD,
} as const satisfies Readonly<Record<string, Raw>>;

/** The columns with numbers, times and addresses. */
export type NumberColumn = keyof typeof raw;

/** Columns that few rows have: text, and for a gap its cause as JSON. */
export const TEXT_COLUMNS = ['label', 'helper', 'secctx', 'note'] as const;
/** The name of a column of the history. */
export type ColumnName = NumberColumn | (typeof TEXT_COLUMNS)[number];

/** Every column with numbers, in the order of the journal. A new column goes to the end, so that old journals stay readable. */
export const COLUMNS: readonly (Raw & { readonly name: NumberColumn })[] = Object.entries(raw).map(
  ([name, column]) => ({
    name: name as NumberColumn,
    ...(column as Raw),
  }),
);

/** The columns that the rows of a journal use. Other columns need not be held in memory. */
export type UsedColumns = ReadonlySet<ColumnName>;

/** The table in DuckDB that blocks of a journal are appended to. */
export const rawTable = (name: string, used: UsedColumns): string =>
  `CREATE OR REPLACE TEMP TABLE ${name} (${[
    ...COLUMNS.filter(column => used.has(column.name)).map(column => `${column.name} ${RAW_KINDS[column.kind].type}`),
    ...TEXT_COLUMNS.filter(column => used.has(column)).map(column => `${column} VARCHAR`),
  ].join(', ')})`;

/** The address that means "unknown": all bits set, as the journal has it, in DuckDB's order of UUIDs. No host has it. */
const UNKNOWN_ADDRESS = "'7fffffff-ffff-ffff-ffff-ffffffffffff'::UUID";

function sealed({ name, kind, absent, type }: (typeof COLUMNS)[number], used: UsedColumns): string {
  // Zone 0 means that there is none. It is stored as 0, because filters compare it so.
  if (!used.has(name)) return `${kind === 'u16' ? 0 : 'NULL'}::${type} AS ${name}`;
  if (name === 'kind') return "['end', 'start', 'nat', 'interim', 'gap'][kind + 1] AS kind";
  if (kind === 'address') return `nullif(${name}, ${UNKNOWN_ADDRESS}) AS ${name}`;
  if (type === 'TIMESTAMP') return `make_timestamp(nullif(${name}, -1)::BIGINT) AS ${name}`;
  return kind === 'u16' ? name : `nullif(${name}, ${absent})::${type} AS ${name}`;
}

/** What Parquet files have, made from the table of {@link rawTable}. */
export const sealedColumns = (used: UsedColumns): string =>
  [
    ...COLUMNS.map(column => sealed(column, used)),
    used.has('label')
      ? "CASE WHEN label = '' THEN []::VARCHAR[] ELSE string_split(label, ',') END AS label"
      : 'NULL::VARCHAR[] AS label',
    ...TEXT_COLUMNS.slice(1).map(name => (used.has(name) ? name : `NULL::VARCHAR AS ${name}`)),
  ].join(', ');

/** The order of the columns in a Parquet file. */
export const COLUMN_NAMES: readonly ColumnName[] = [...COLUMNS.map(({ name }) => name), ...TEXT_COLUMNS];

const sumOf = (what: string): string =>
  `CASE WHEN orig_${what} IS NULL THEN reply_${what} ELSE orig_${what} + coalesce(reply_${what}, 0) END AS ${what}`;

/**
 * What a question can name, made from the columns of a Parquet file: a column for each field of the filter language that has one, under the
 * field's name with `_` instead of `.`.
 *
 * The reply tuple is stored only where it differs from the original one reversed.
 */
export const ASKED_COLUMNS = `* REPLACE (
  coalesce(reply_src, dst) AS reply_src, coalesce(reply_dst, src) AS reply_dst,
  coalesce(reply_sport, dport) AS reply_sport, coalesce(reply_dport, sport) AS reply_dport,
  coalesce(reply_icmp_id, icmp_id) AS reply_icmp_id,
  coalesce(reply_gre_srckey, gre_dstkey) AS reply_gre_srckey, coalesce(reply_gre_dstkey, gre_srckey) AS reply_gre_dstkey,
  CASE WHEN zone <> 0 THEN zone WHEN orig_zone <> 0 THEN orig_zone ELSE reply_zone END AS zone
), zone AS both_zone, CASE WHEN kind = 'end' THEN time END AS stop, ${sumOf('bytes')}, ${sumOf('packets')},
  CASE WHEN start IS NOT NULL THEN greatest(0, (epoch_us(time) - epoch_us(start)) / 1000000) END AS age`;

/** A number that rows of the same flow share, and rows of other flows do not, except that a successor can have the same tuple and id. */
export const IDENTITY = `hash(${['zone', 'orig_zone', 'reply_zone', 'family', 'proto', 'src', 'dst', 'sport', 'dport', 'icmp_type', 'icmp_code', 'icmp_id', 'gre_srckey', 'gre_dstkey', 'id'].join(', ')})`;
