import { z } from '@hono/zod-openapi';
import { FlowPartSchema, FlowSchema } from './flow.js';
import { counter } from './scalars.js';

/** A fault of a filter, parameter or body. */
const FaultSchema = z
  .looseObject({
    code: z.string(),
    message: z.string(),
    offset: counter.optional().openapi({ description: 'Place in the query string, in characters after the ?' }),
    length: counter.optional(),
    parameter: z.string().optional(),
    pointer: z.string().optional().openapi({ description: 'Place in the body: a JSON pointer' }),
    expected: z.array(z.string()).optional(),
    suggestions: z.array(z.string()).optional(),
    snippet: z.string().optional().openapi({ description: 'Text and caret line, ready to print' }),
  })
  .openapi('Fault');

const warnings = z.array(FaultSchema).optional();

/** A page of flows. */
export const FlowListSchema = z
  .object({
    items: z.array(z.union([FlowSchema, FlowPartSchema])),
    next: z.string().nullable().openapi({
      description:
        'The cursor of the next page; null when this was the last, or when the list is sorted by a field that moves (bytes, packets, timeout, use): `meta.more` tells',
    }),
    meta: z.object({
      scanned: counter.openapi({ description: 'Entries looked at' }),
      matched: counter.openapi({ description: 'Entries that match, all pages’ together' }),
      more: counter.openapi({ description: 'Entries that match behind this page' }),
      filter: z.string().openapi({ description: 'The filter in canonical form' }),
      position: z.string().optional().openapi({
        description:
          'Where the events stood before the table was read: `since` of /conntrack/events with the same filter. Ask for it with `position=true`; otherwise it comes where it is free',
      }),
      warnings,
    }),
  })
  .openapi('FlowList');

/** A streamed list. */
export const FlowTextSchema = z.string().openapi('FlowText', { description: 'One flow a line' });

/** A number of flows. */
export const CountSchema = z.object({ count: counter, filter: z.string(), warnings }).openapi('Count');

/** Why a plan cannot be executed. */
const RefusalSchema = z
  .object({ code: z.string().openapi({ example: 'too-many-affected' }), detail: z.string() })
  .openapi('PlanRefusal');

const handle = {
  state: z.enum(['ready', 'refused']).openapi({ description: 'A refused plan cannot be executed' }),
  id: z.string().openapi({ example: '0b5f1d6e-3f0c-4b6c-9b2e-8d2a1f0c7e11' }),
  expires: z.string().openapi({ description: 'RFC 3339; a minute from now', format: 'date-time' }),
  execute: z.string().openapi({ description: 'The path to POST to', example: '/conntrack/plans/0b5f…/execute' }),
  refusal: RefusalSchema.optional().openapi({ description: 'Present when it cannot be executed' }),
};

/** A plan as a dry run mentions it. */
export const PlanHandleSchema = z.object(handle).openapi('PlanHandle');

const bulk = {
  dryRun: z.boolean(),
  matched: counter.openapi({ description: 'Flows that matched, those spared included' }),
  gone: counter.openapi({ description: 'Flows that ended, or were replaced, before their turn came' }),
  failed: counter,
  skipped: counter.openapi({
    description:
      'Flows that were left alone: under the protect filter, the connection that the request came by, and successors that a strict change saw',
  }),
  skips: z
    .array(z.object({ reason: z.string(), count: counter }))
    .optional()
    .openapi({ description: 'Why, with how many' }),
  untried: counter.optional().openapi({ description: 'Flows whose turn did not come' }),
  breakdown: z.record(z.string(), counter).openapi({ example: { 'tcp ESTABLISHED': 12, udp: 3 } }),
  sample: z.array(FlowSchema).optional().openapi({ description: 'Up to 100 of the flows, of a dry run' }),
  failures: z.array(z.object({ reason: z.string(), count: counter })),
  warnings: z.array(z.string()),
  plan: PlanHandleSchema.optional().openapi({ description: 'Of a dry run: what can be executed for a minute' }),
};

/** What a bulk delete came to. */
export const DeletedSchema = z.object({ deleted: counter, ...bulk }).openapi('Deleted');
/** What a bulk change came to. */
export const UpdatedSchema = z.object({ updated: counter, ...bulk }).openapi('Updated');

/** What a flush emptied. */
export const FlushedSchema = z
  .object({
    flushed: z.record(z.string(), z.unknown()),
    matched: counter.optional().openapi({
      description: 'How many flows there were, where `expect` asked for it or some are protected',
    }),
    deleted: counter.optional().openapi({ description: 'Where some are protected: how many were deleted' }),
    gone: counter.optional().openapi({ description: 'How many ended before their turn came' }),
    failed: counter.optional().openapi({ description: 'How many the kernel would not delete' }),
    skipped: counter.optional().openapi({ description: 'How many were spared' }),
  })
  .openapi('Flushed');

const Finding = z
  .object({
    check: z.string().openapi({ description: 'Stable, for programs', example: 'accounting' }),
    status: z.enum(['ok', 'note', 'warn', 'unknown']),
    found: z.string().openapi({ description: 'What is' }),
    effect: z.string().optional().openapi({ description: 'What follows from it' }),
    fix: z.string().optional().openapi({ description: 'What to do about it: a command, where one will do' }),
  })
  .openapi('Finding');

/** What the table can do. */
export const CapabilitiesSchema = z
  .looseObject({
    source: z.object({ kind: z.string(), name: z.string(), writable: z.boolean() }),
    count: counter.optional(),
    max: counter.optional(),
    accounting: z.boolean().openapi({ description: 'Packets and bytes are counted (net.netfilter.nf_conntrack_acct)' }),
    timestamps: z.boolean().openapi({ description: 'Start times are kept (net.netfilter.nf_conntrack_timestamp)' }),
    eventsMode: counter.optional().openapi({ description: 'net.netfilter.nf_conntrack_events' }),
    tcpLoose: z.boolean().optional().openapi({
      description:
        'A deleted TCP connection that goes on sending is tracked anew (net.netfilter.nf_conntrack_tcp_loose)',
    }),
    writable: z.boolean().openapi({ description: 'Whether the table can be changed' }),
    notes: z.array(z.string()),
    findings: z
      .array(Finding)
      .optional()
      .openapi({ description: 'Of a kernel’s table: what it can do, what is set up well and what is not' }),
  })
  .openapi('Capabilities');

/** The heaviest groups. */
export const TopSchema = z
  .object({
    items: z.array(
      z.object({
        group: z.string().openapi({ description: 'The field’s value; `-` for flows that have not got it' }),
        value: counter,
        error: counter.openapi({ description: 'By how much the value may be too great' }),
      }),
    ),
    meta: z.object({
      by: z.string(),
      metric: z.string(),
      approximate: z.boolean(),
      groups: counter.openapi({ description: 'How many there are; at least so many when approximate' }),
      total: counter.openapi({ description: 'The metric over all that match' }),
      matched: counter,
      scanned: counter,
      filter: z.string(),
      warnings,
    }),
  })
  .openapi('Top');

const CpuCounters = z.record(z.string(), counter).openapi({ example: { found: 12, insertFailed: 0, drop: 0 } });

/** The table's statistics. */
export const StatsSchema = z
  .object({
    count: counter.openapi({ description: 'Entries now' }),
    max: counter.optional().openapi({ description: 'nf_conntrack_max' }),
    fill: z.number().optional().openapi({ description: 'count ÷ max' }),
    cpus: z.array(CpuCounters).openapi({ description: 'Counters of each CPU since boot, `cpu` is its number' }),
    total: CpuCounters.openapi({ description: 'Their sums' }),
  })
  .openapi('Stats');

/** A filter, looked at. */
export const CheckSchema = z
  .object({
    valid: z.boolean(),
    query: z.string().optional().openapi({ description: 'The canonical query string' }),
    expression: z.string().optional().openapi({ description: 'The canonical expression' }),
    fields: z.array(z.string()).optional().openapi({ description: 'The fields it reads' }),
    warnings,
    errors: z.array(FaultSchema).optional(),
  })
  .openapi('FilterCheck');

/** A filter in words. */
export const ExplanationSchema = z
  .object({
    text: z.string().openapi({ description: 'Lines of English' }),
    query: z.string(),
    expression: z.string(),
    fields: z.array(z.string()),
    requires: z.array(z.string()).openapi({ description: 'What the table must record' }),
    plan: z.looseObject({ kind: z.string(), why: z.string() }).openapi({ description: 'How the table would be read' }),
    warnings,
  })
  .openapi('FilterExplanation');

/** Proposals at a place of a filter. */
export const CompletionsSchema = z
  .object({
    from: counter.openapi({ description: 'The text from here' }),
    to: counter.openapi({ description: 'to here is replaced' }),
    items: z.array(z.object({ text: z.string(), kind: z.string(), detail: z.string().optional() })),
  })
  .openapi('FilterCompletions');

/** The fields of the filter language. */
export const FieldsSchema = z.object({ fields: z.array(z.looseObject({ name: z.string() })) }).openapi('FilterFields');

/** A state in a word. */
export const StatusSchema = z.object({ status: z.string() }).openapi('Status');

/** RFC 9457. */
export const ProblemSchema = z
  .looseObject({
    type: z.string().openapi({ example: '/problems/filter-invalid' }),
    title: z.string(),
    status: counter,
    detail: z.string(),
    code: z.string().openapi({ description: 'Stable: what programs look at' }),
    requestId: z.string().optional(),
    errors: z.array(FaultSchema).optional(),
    key: z.string().optional(),
    matched: counter.optional(),
    result: z.looseObject({}).optional().openapi({ description: 'What was done before a change was stopped' }),
    field: z.string().optional(),
    sysctl: z.string().optional(),
    available: z.array(z.string()).optional(),
    scope: z.string().optional(),
  })
  .openapi('Problem');

/** One kind of problem. */
export const ProblemTypeSchema = z
  .object({ code: z.string(), status: counter, title: z.string() })
  .openapi('ProblemType');

/** The table of problems. */
export const ProblemsSchema = z.object({ problems: z.array(ProblemTypeSchema) }).openapi('Problems');
