import { TABLE_PROBLEMS } from '@conntrack/client/protocol';
import type { ParseError } from '@conntrack/parser';
import type { RestoreReport } from '@conntrack/table';
import { requireType } from '../http/body/body.js';
import { bodyChunks } from '../http/body/body-stream.js';
import { json } from '../http/context.js';
import { problemOf } from '../http/problem/problem-of.js';
import { Problem } from '../http/problem/problems.js';
import { flag } from '../http/query/parameters.js';
import { readParameters } from '../http/query/query.js';
import { RESTORE_TYPES, RestoredSchema, RestoreTextSchema } from '../schemas/restore.js';
import type { Exchange, Operation } from './operation.js';

/** Maximum number of invalid lines that a response lists. */
const MAX_FAULTS = 20;

const parameters = {
  dryRun: flag(
    'Create nothing. The response counts the entries that would be created. Each flow is checked as if the others were not created',
  ),
  skipBadLines: flag(
    'Skip invalid lines, by default up to 1,000. Without this parameter the first invalid line ends the restore',
  ),
};

interface Faults {
  readonly line: number;
  readonly message: string;
}

const isParseError = (error: unknown): error is ParseError => error instanceof Error && error.name === 'ParseError';

const tooManyBadLines = (most: number, line: number, faults: readonly Faults[]): Problem =>
  new Problem(
    'body-invalid',
    `line ${line} is invalid, and ${most} invalid lines were skipped already, the maximum here. Check that the body is a capture, or remove the invalid lines`,
    { errors: faults.map(fault => ({ code: 'invalid', message: `line ${fault.line}: ${fault.message}` })) },
  );

/** A report as responses contain it. */
const answerOf = ({ refusals, ...report }: Readonly<RestoreReport>, faults: readonly Faults[]) => ({
  dryRun: report.ready !== undefined,
  ...report,
  refusals: refusals.map(({ code, ...refusal }) => ({ code: TABLE_PROBLEMS[code], ...refusal })),
  ...(faults.length > 0 && { faults }),
});

/** A report as audit lines contain it. */
const countsOf = ({ read, created, existed, refused, badLines, refusals }: Readonly<RestoreReport>) => ({
  ...{ read, created, existed, refused, badLines },
  ...(refused > 0 && { refusals: refusals.map(({ code, count }) => ({ code: TABLE_PROBLEMS[code], count })) }),
});

/** The problem for an error that ended a restore, with the report of what was created before. */
function failureOf(error: unknown, report: Readonly<RestoreReport> | undefined, faults: readonly Faults[]): Problem {
  const cause = isParseError(error)
    ? new Problem('body-invalid', error.message, { errors: [{ code: error.code, message: error.message }] }, {}, error)
    : problemOf(error);
  if (!report?.created) return cause;
  const { code, message, extras, headers } = cause;
  return new Problem(
    code,
    `${message}. ${report.created} ${report.created === 1 ? 'entry was' : 'entries were'} created before the error`,
    { ...extras, result: answerOf(report, faults) },
    headers,
    error,
  );
}

async function restoreFrom(exchange: Exchange, dryRun: boolean, skipBadLines: boolean): Promise<Response> {
  const { c, table, limits, stopping, audit } = exchange;
  const faults: Faults[] = [];
  let report: Readonly<RestoreReport> | undefined;
  let badLines = 0;
  const onBadLine = ({ line, message }: ParseError): void => {
    if (faults.length < MAX_FAULTS) faults.push({ line, message });
    if (++badLines > limits.restoreBadLines) throw tooManyBadLines(limits.restoreBadLines, line, faults);
  };
  try {
    const chunks = bodyChunks(c, { bytes: limits.restoreBytes, time: limits.restoreTime, rate: limits.restoreRate });
    const done = await table.restore(chunks, {
      dryRun,
      maxFlows: limits.maxAffected,
      signal: stopping,
      live: growing => {
        report = growing;
      },
      ...(skipBadLines && { onBadLine }),
    });
    return json(answerOf(done, faults));
  } catch (error) {
    throw failureOf(error, report, faults);
  } finally {
    if (report !== undefined) audit(countsOf(report));
  }
}

export const restore: Operation = {
  id: 'restoreFlows',
  method: 'post',
  path: '/conntrack/restore',
  summary: 'Restore a snapshot',
  description:
    'Creates entries from a snapshot or from any capture, while the body arrives, and returns counts. Existing entries are not changed, so an interrupted restore can be repeated. If the client disconnects, the entries that were read so far have been created. A body of up to 1 GiB may take an hour, but after the first 30 seconds it must arrive at 16 KiB a second or faster; the server can have other limits. The format is detected. Counters and start times cannot be restored: see `lost`.',
  tag: 'flows',
  access: 'flows:create',
  mutation: true,
  intends: true,
  streamed: true,
  parameters,
  body: { types: RESTORE_TYPES, schema: RestoreTextSchema },
  answers: {
    200: {
      description: 'Counts of created, existing and refused flows',
      content: { 'application/json': RestoredSchema },
    },
  },
  problems: ['too-many-affected', 'no-room', 'not-privileged', 'source-failed', 'source-unusable'],
  async handle(exchange) {
    const { c, raw, audit } = exchange;
    const { dryRun = false, skipBadLines = false } = readParameters(raw, parameters);
    const type = requireType(c, RESTORE_TYPES);
    audit({ type, ...(dryRun && { dryRun }), ...(skipBadLines && { skipBadLines }) });
    if (!dryRun) exchange.intend({ bytes: Number(c.req.header('content-length') ?? Number.NaN) || undefined });
    return restoreFrom(exchange, dryRun, skipBadLines);
  },
};
