import type { FilterError } from '@conntrack/filter';
import type { ParseError } from '@conntrack/parser';

/** Hints by error code, for errors that do not know about the command line. */
const FIXES: Readonly<Record<string, { hint: string; unless?: RegExp }>> = {
  NOT_PRIVILEGED: {
    hint: 'reading or changing the kernel’s table requires CAP_NET_ADMIN: run ctctl with sudo',
    unless: /sudo/,
  },
  TOO_MANY_AFFECTED: { hint: 'raise the limit with --max-affected N, or preview with --dry-run' },
  EXPECT_MISMATCH: { hint: 'preview the matching entries with --dry-run' },
  FLOW_EXISTS: { hint: 'to change the existing entry, use update' },
  EMFILE: { hint: 'this process cannot open more files. Raise the limit: ulimit -n 1024' },
  LISTEN_IN_USE: { hint: 'choose another address with --listen HOST:PORT', unless: /--listen/ },
  LISTEN_INVALID: { hint: 'check the address of --listen', unless: /--listen/ },
};

const indented = (text: string): string => text.replace(/^/gm, '  ');

/**
 * The text of an error for people: what is wrong, where, and what to do.
 *
 * @param verb the requested verb, for example `list`. A missing privilege is noticed when the table is opened, before
 * the verb starts.
 */
export function describe(error: unknown, verb?: string): string {
  if (!(error instanceof Error)) return `ctctl: ${String(error)}`;
  if (error.name === 'FilterError')
    return `ctctl: invalid filter\n${(error as FilterError).issues.map(issue => indented(issue.snippet)).join('\n')}`;
  if (error.name === 'ParseError') {
    const { code, message, snippet } = error as ParseError;
    // With other codes, skipping would remove every line: of a log, or of text in another format.
    const skip =
      code === 'ENTRY_EXPECTED' || code === 'NOTHING_READ' ? '' : '\nto skip invalid lines: --skip-bad-lines';
    return `ctctl: invalid capture: ${message}\n${indented(snippet)}${skip}`;
  }
  const fix = FIXES[String((error as { code?: unknown }).code)];
  const needed = (error as { code?: unknown }).code === 'NOT_PRIVILEGED' && verb !== undefined;
  const said = `ctctl: ${needed ? `cannot ${verb}: ` : ''}${error.message}`;
  return fix === undefined || fix.unless?.test(error.message) ? said : `${said}\n${fix.hint}`;
}
