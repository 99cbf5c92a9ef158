import { text } from 'node:stream/consumers';
import type { Scope } from '@conntrack/api/tokens';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { say } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';

/** The options of `ctctl token`. */
export interface TokenArguments {
  scopes?: string;
  filter?: string;
  expires?: string;
  hash?: boolean;
}

const DAY = 86_400_000;

function scopesOf(said: string, known: readonly Scope[]): readonly Scope[] {
  return said.split(',').map(name => {
    const scope = known.find(each => each === name.trim());
    if (scope === undefined) throw new UsageError(`--scopes: must be one of ${known.join(', ')}, got '${name.trim()}'`);
    return scope;
  });
}

/** An upper limit for days: far longer than a server runs, and far from the last date that `Date` supports. */
const MAX_DAYS = 36_500;

/** RFC 3339; the time of day may be omitted. `Date` would accept more, such as `-1` and `1.5`. */
const TIME = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/i;

/** Parses `90d` or a time. */
function expiryOf(said: string): string {
  const days = /^(\d+)d$/.exec(said)?.[1];
  if (days !== undefined && (Number(days) === 0 || Number(days) > MAX_DAYS))
    throw new UsageError(`--expires: '${said}' is out of range. Use 1d to ${MAX_DAYS}d`);
  const time =
    days === undefined ? new Date(TIME.test(said) ? said : Number.NaN) : new Date(Date.now() + Number(days) * DAY);
  if (Number.isNaN(time.getTime()))
    throw new UsageError(
      `--expires: '${said}' must be a number of days ('90d') or a time ('2030-01-31', '2030-01-31T12:00:00Z')`,
    );
  if (time.getTime() <= Date.now()) throw new UsageError(`--expires: '${said}' is in the past`);
  return time.toISOString();
}

/**
 * Runs `ctctl token NAME`: prints a new token on standard output, and its lines for the token file on standard error.
 * With `--hash`, prints the hash of the token on standard input.
 */
export async function token(
  { io, output }: Context,
  name: string | undefined,
  options: TokenArguments,
): Promise<number> {
  const { hashToken, makeToken, READ_SCOPES, SCOPES } = await import('@conntrack/api/tokens');
  if (options.hash) {
    if (name !== undefined) throw new UsageError(`--hash reads the token from standard input. Remove '${name}'`);
    const given = (await text(io.stdin)).trim();
    if (given === '') throw new UsageError('--hash reads a token from standard input, which is empty');
    await output.write(`${hashToken(given)}\n`);
    return EXIT.ok;
  }
  if (name === undefined) throw new UsageError('a name is required: ctctl token NAME');
  const scopes = options.scopes === undefined ? READ_SCOPES : scopesOf(options.scopes, SCOPES);
  if (options.filter !== undefined) (await import('@conntrack/filter/hints')).parseFilter(options.filter);
  const made = makeToken();
  const lines = [
    `  - name: ${JSON.stringify(name)}`,
    `    sha256: ${hashToken(made)}`,
    `    scopes: [${scopes.join(', ')}]`,
    ...(options.filter === undefined ? [] : [`    filter: ${JSON.stringify(options.filter)}`]),
    ...(options.expires === undefined ? [] : [`    expires: ${expiryOf(options.expires)}`]),
  ];
  say(
    io,
    `# Add these lines to the token file, under 'tokens:'. The token itself is not stored anywhere\n${lines.join('\n')}`,
  );
  await output.write(`${made}\n`);
  return EXIT.ok;
}
