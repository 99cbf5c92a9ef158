import type { LocalTable, Table } from '@conntrack/table';

/** Whether a table is in this process, so that its rows can be read without becoming objects. */
export const isLocal = (table: Table): table is LocalTable => 'rows' in table;
