import { OperationError, ParameterError } from '../errors.js';
import { type CommandLetter, commandOf, type Table } from './commands.js';
import { OPTIONS, optionOf, ruleOf } from './options.js';
import type { Protocol } from './protocols.js';
import type { Request } from './request.js';

function checkOption(given: boolean, rule: string, long: string): void {
  if (rule === '!' && !given) throw new ParameterError(`You need to supply the \`--${long}' option for this command`);
  if (rule === '.' && given) throw new ParameterError(`Illegal option \`--${long}' with this command`);
}

/** One of two pairs must be complete. `has` says whether any option of a pair was given. */
function checkPair(
  original: readonly boolean[],
  reply: readonly boolean[],
  names: { original: string; reply: string },
): void {
  if (original.every(Boolean) || reply.every(Boolean)) return;
  const side = !original.some(Boolean) && reply.some(Boolean) ? names.reply : names.original;
  throw new ParameterError(`you have to specify ${side}`);
}

/** Checks the given options against the command, in the order of conntrack(8). @throws ParameterError */
export function checkRequest(request: Request, protocol: Protocol | undefined): void {
  const { command, table, given } = request;
  checkCommand(command, table);
  if (given.has('any-nat') && (given.has('src-nat') || given.has('dst-nat')))
    throw new ParameterError("cannot specify `--src-nat' or `--dst-nat' with `--any-nat'");
  const rule = (commands: string): string => ruleOf(commands, command, table);
  for (const { long, commands, kind } of OPTIONS)
    if (kind !== 'ignored') checkOption(given.has(long), rule(commands), long);
  const paired = rule(OPTIONS[0]!.commands) === '3';
  if (paired)
    checkPair([given.has('src'), given.has('dst')], [given.has('reply-src'), given.has('reply-dst')], {
      original: "`--src' and `--dst'",
      reply: "`--reply-src' and `--reply-dst'",
    });
  checkStatus(request);
  // An earlier -p was for another protocol, whose options the last one does not have.
  for (const long of given)
    if (optionOf(long) === undefined && !protocol?.options.some(option => option.long === long))
      checkOption(true, '.', long);
  if (protocol === undefined) return;
  for (const { long, commands } of protocol.options) checkOption(given.has(long), rule(commands), long);
  if (!paired || protocol.pairs === undefined) return;
  const names = protocol.options.slice(0, 4).map(({ long }) => given.has(long));
  checkPair(names.slice(0, 2), names.slice(2), protocol.pairs);
}

/** Checks that the command supports the table. @throws ParameterError */
export function checkCommand(command: CommandLetter | undefined, table: Table): void {
  const known = command === undefined ? undefined : commandOf(command);
  if (known === undefined || known.tables.includes(table)) return;
  throw new ParameterError(
    table === 'expect'
      ? `Can't do --${known.long} on expectations`
      : "Can't do that command with tables `dying' and `unconfirmed'",
  );
}

/**
 * Rejects a status that contains only ignored words: it is not a condition, and conntrack(8) would delete everything.
 *
 * @throws ParameterError, OperationError
 */
function checkStatus({ command, table, status }: Request): void {
  if (status === undefined || (status.set | status.clear) !== 0) return;
  if (command === 'D') throw new ParameterError('--status names no bit, and would delete every entry');
  if (command === 'L' && table === 'conntrack') throw new OperationError('Operation failed: invalid parameters');
}
