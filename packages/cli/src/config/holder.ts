import { type Filter, FilterError } from '@conntrack/filter';
import { parseFilter } from '@conntrack/filter/hints';
import { requireSource } from '@conntrack/filter/requirements';
import { ConfigError } from './config-error.js';

/** Parses a filter of entries. Event-only fields are rejected, because they would match nothing. @throws ConfigError */
export function filterOf(text: string, where: string, setting: string): Filter {
  try {
    const { filter } = parseFilter(text);
    requireSource(filter, { accounting: true, timestamps: true, fleet: true });
    if (filter.kind === 'all')
      throw new ConfigError([{ where, setting, message: 'must not match everything. Remove it, or add a condition' }]);
    return filter;
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new ConfigError(
      error.issues.map(({ snippet }) => ({ where, setting, message: `\n${snippet.replace(/^/gm, '  ')}` })),
    );
  }
}

/** The holder of a token or certificate, with its filter parsed. @throws ConfigError */
export function holderOf<T extends { filter?: string | undefined }>(given: T, where: string, setting: string) {
  const { filter, ...rest } = given;
  const present = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return {
    ...(present as Omit<T, 'filter'>),
    ...(filter !== undefined && { filter: filterOf(filter, where, setting) }),
  };
}
