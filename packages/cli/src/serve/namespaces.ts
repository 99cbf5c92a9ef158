import { stat } from 'node:fs/promises';
import type { Filter } from '@conntrack/filter';
import { type ConntrackTable, openTable } from '@conntrack/table';

/** Where ip-netns(8) keeps the namespaces that have names. */
const FOLDER = '/run/netns';

/** The tables of some network namespaces, each opened when it is first asked for. */
export interface Namespaces {
  /** The table of a name; `undefined` for one that is not among them, or not there now. */
  find(name: string): Promise<ConntrackTable | undefined>;
  close(): void;
}

/** @param names the namespaces that may be asked for; files of `folder` */
export function openNamespaces(names: readonly string[], protect: Filter | undefined, folder = FOLDER): Namespaces {
  const tables = new Map<string, { identity: string; table: Promise<ConntrackTable> }>();
  const forget = (name: string): void => {
    const known = tables.get(name);
    tables.delete(name);
    known?.table.then(
      table => table.close(),
      () => {},
    );
  };
  return {
    async find(name) {
      if (!names.includes(name)) return undefined;
      const there = await stat(`${folder}/${name}`).catch(() => undefined);
      // A namespace that was deleted and made anew has its name, and is another.
      const identity = there && `${there.dev}:${there.ino}`;
      if (tables.get(name)?.identity !== identity) forget(name);
      if (identity === undefined) return undefined;
      const known = tables.get(name);
      if (known !== undefined) return known.table;
      const table = openTable('kernel', { netns: `${folder}/${name}`, ...(protect && { protect }) });
      tables.set(name, { identity, table });
      table.catch(() => forget(name));
      return table;
    },
    close() {
      for (const name of [...tables.keys()]) forget(name);
    },
  };
}
