import { z } from '@hono/zod-openapi';
import { FlowPartSchema, FlowSchema } from './flow.js';
import { counter } from './scalars.js';

/** A fault of a filter, a parameter or a body. */
const FaultSchema = z
  .looseObject({
    code: z.string().openapi({ description: 'Stable code of the fault', example: 'unknown' }),
    message: z.string().openapi({ description: 'What is wrong, and what to do' }),
    offset: counter
      .optional()
      .openapi({ description: 'Start of the fault in the query string, in characters after the `?`' }),
    length: counter.optional().openapi({ description: 'Length of the faulty text in characters' }),
    parameter: z.string().optional().openapi({ description: 'Name of the query parameter' }),
    pointer: z.string().optional().openapi({ description: 'Place in the body, as a JSON pointer (RFC 6901)' }),
    expected: z.array(z.string()).optional().openapi({ description: 'Accepted values or names' }),
    suggestions: z.array(z.string()).optional().openapi({ description: 'Corrected texts to try, best first' }),
    snippet: z
      .string()
      .optional()
      .openapi({ description: 'Two lines to print: the text around the fault, and a caret with the message' }),
  })
  .openapi('Fault', { description: 'A fault of a filter, a parameter or a body' });

const warnings = z
  .array(FaultSchema)
  .optional()
  .openapi({ description: 'Parts of the filter that are valid but may not mean what was intended' });

const canonicalFilter = z.string().openapi({ description: 'The filter in canonical form' });
const indexShape = {
  state: z.enum(['live', 'syncing', 'stale', 'off']).openapi({
    description:
      'live: the index answers. syncing: it reads the table for the first time. stale: events were lost, and it reads the table again. off: it was switched off. The kernel answers unless the index is live',
  }),
  asOf: z.iso.datetime().optional().openapi({
    description: 'When the index was current for the last time: now, if it is live (RFC 3339). Absent if it never was',
  }),
  gaps: counter.openapi({ description: 'Number of times that events were lost' }),
};
const indexMeta = z.object(indexShape).optional().openapi({
  description: 'The state of the server’s index, if it has one (`--index`). With `fresh=true`, the kernel answers',
});
const FleetMetaSchema = z
  .object({
    asked: counter.openapi({ description: 'Number of nodes that were asked' }),
    answered: counter.openapi({ description: 'Number of nodes whose whole answer is in the result' }),
    silent: z.array(z.string()).openapi({ description: 'The nodes that did not answer within the deadline' }),
    failed: z
      .array(
        z.object({
          node: z.string().openapi({ description: 'The name of the node' }),
          code: z.string().openapi({ description: 'A problem code, `connection-failed` or `duplicate-node`' }),
          detail: z.string().optional().openapi({ description: 'The reason, in words' }),
        }),
      )
      .openapi({ description: 'The nodes that answered with an error, or could not be reached' }),
  })
  .openapi('FleetMeta', { description: 'Which nodes of a fleet the answer is about' });
/** Present if the server serves a fleet. */
export const fleet = FleetMetaSchema.optional();
/** What each answer to a filter says. */
export const FilterMetaShape = { filter: canonicalFilter, index: indexMeta, fleet, warnings };
const reason = z.string().openapi({ description: 'The reason, in words' });
const flowsOfReason = counter.openapi({ description: 'Number of flows' });

/** A page of flows. */
export const FlowListSchema = z
  .object({
    items: z.array(z.union([FlowSchema, FlowPartSchema])).openapi({ description: 'The flows of this page' }),
    next: z.string().nullable().openapi({
      description:
        'The cursor of the next page. null on the last page, and always null if the list is sorted by a field that changes all the time (bytes, packets, timeout, use): see `meta.more`',
    }),
    meta: z
      .object({
        scanned: counter.openapi({ description: 'Number of entries that were compared with the filter' }),
        matched: counter.openapi({ description: 'Number of entries that match, on all pages together' }),
        more: counter.openapi({ description: 'Number of entries that match and come after this page' }),
        ...FilterMetaShape,
        position: z.string().optional().openapi({
          description:
            'The position of the event stream before the table was read: the `since` of `/conntrack/events` with the same filter. Request it with `position=true`; otherwise it is present only if it costs nothing',
        }),
      })
      .openapi({ description: 'Facts about the whole list' }),
  })
  .openapi('FlowList', { description: 'A page of flows' });

/** A streamed list. */
export const FlowTextSchema = z.string().openapi('FlowText', { description: 'One flow per line' });

/** A number of flows. */
export const CountSchema = z
  .object({
    count: counter.openapi({ description: 'Number of flows that match' }),
    ...FilterMetaShape,
  })
  .openapi('Count', { description: 'A number of flows' });

/** Why a plan cannot be executed. */
const RefusalSchema = z
  .object({
    code: z.string().openapi({ description: 'A problem code', example: 'too-many-affected' }),
    detail: z.string().openapi({ description: 'The reason, in words' }),
  })
  .openapi('PlanRefusal', { description: 'Why a plan cannot be executed' });

const handle = {
  state: z.enum(['ready', 'refused']).openapi({ description: 'A refused plan cannot be executed' }),
  id: z.string().openapi({ description: 'The plan’s id', example: '0b5f1d6e-3f0c-4b6c-9b2e-8d2a1f0c7e11' }),
  expires: z
    .string()
    .openapi({ description: 'When the plan expires, 60 seconds after it was made (RFC 3339)', format: 'date-time' }),
  execute: z
    .string()
    .openapi({ description: 'The path that executes the plan with POST', example: '/conntrack/plans/0b5f…/execute' }),
  refusal: RefusalSchema.optional().openapi({
    description: 'Why the plan cannot be executed. Present only if refused',
  }),
};

/** A plan in the response to a dry run. */
export const PlanHandleSchema = z
  .object(handle)
  .openapi('PlanHandle', { description: 'A plan that can be executed with POST to its `execute` path' });

/** The flows of a change, counted by protocol and state. */
export const breakdown = z.record(z.string(), counter).openapi({
  description: 'Number of flows by protocol and state',
  example: { 'tcp ESTABLISHED': 12, udp: 3 },
});

/** Reasons with a number of flows each. */
export const reasonCounts = z.array(z.object({ reason, count: flowsOfReason }));

const bulk = {
  dryRun: z.boolean().openapi({ description: 'Whether nothing was changed because `dryRun` was requested' }),
  matched: counter.openapi({ description: 'Number of flows that match, including skipped ones' }),
  gone: counter.openapi({
    description: 'Number of flows that ended, or were replaced by another connection, before they could be changed',
  }),
  failed: counter.openapi({ description: 'Number of flows that could not be changed: see `failures`' }),
  skipped: counter.openapi({
    description:
      'Number of flows that were not changed on purpose: protected by the server’s `protect` filter, the caller’s own connection, or (with `strict`) replaced by another connection',
  }),
  skips: reasonCounts.optional().openapi({ description: 'Why flows were skipped' }),
  notAttempted: counter
    .optional()
    .openapi({ description: 'Number of flows that were not attempted, because the change stopped early' }),
  breakdown,
  sample: z.array(FlowSchema).optional().openapi({ description: 'Up to 100 of the flows. Present for a dry run' }),
  failures: reasonCounts.openapi({ description: 'Why flows could not be changed' }),
  nodes: z
    .array(
      z.object({
        node: z.string().openapi({ description: 'The name of the node' }),
        state: z.enum(['done', 'partial', 'running', 'unknown', 'unchanged', 'skipped']).openapi({
          description:
            '`done`: the whole plan was executed. `partial`: a part was. `running`: the node continues. `unknown`: the node did not say what it did. `unchanged`: nothing was changed. `skipped`: the plan was not sent to this node',
        }),
        count: counter.openapi({ description: 'Number of flows that the node planned to change' }),
        changed: counter.optional().openapi({ description: 'Number of changed flows, as far as the node said' }),
        gone: counter.optional().openapi({ description: 'Number of flows that ended before' }),
        failed: counter.optional().openapi({ description: 'Number of flows that could not be changed' }),
        code: z.string().optional().openapi({ description: 'Why it is not `done`: a problem code' }),
        detail: z.string().optional().openapi({ description: 'The reason, in words' }),
      }),
    )
    .optional()
    .openapi({ description: 'What each node of a fleet did. A change of a fleet is not atomic' }),
  fleet,
  warnings: z.array(z.string()).openapi({ description: 'Consequences to know about, one sentence each' }),
  plan: PlanHandleSchema.optional().openapi({ description: 'The plan, which can be executed. Present for a dry run' }),
};

/** The outcome of a bulk delete. */
export const DeletedSchema = z
  .object({ deleted: counter.openapi({ description: 'Number of deleted flows' }), ...bulk })
  .openapi('Deleted', { description: 'The outcome of a bulk delete' });
/** The outcome of a bulk update. */
export const UpdatedSchema = z
  .object({ updated: counter.openapi({ description: 'Number of changed flows' }), ...bulk })
  .openapi('Updated', { description: 'The outcome of a bulk update' });

/** The outcome of a flush. */
export const FlushedSchema = z
  .object({
    flushed: z
      .record(z.string(), z.unknown())
      .openapi({ description: 'The scope of the flush: `{"all": true}`, or the given family, zone and mark' }),
    matched: counter.optional().openapi({
      description: 'Number of flows before the flush. Present with `expect`, and if the server has a `protect` filter',
    }),
    deleted: counter
      .optional()
      .openapi({ description: 'Number of deleted flows. Present if the server has a `protect` filter' }),
    gone: counter.optional().openapi({ description: 'Number of flows that ended before they could be deleted' }),
    failed: counter.optional().openapi({ description: 'Number of flows that the kernel did not delete' }),
    skipped: counter
      .optional()
      .openapi({ description: 'Number of skipped flows: protected ones, and the caller’s own connection' }),
  })
  .openapi('Flushed', { description: 'The outcome of a flush' });

const groupValues = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).openapi({
  description: 'The values by field. A field that the flows do not have is absent',
  example: { src: '10.0.0.0/24', dport: 443 },
});

const FindingGroup = z
  .object({
    values: groupValues,
    filter: z.string().openapi({ description: 'The query string that selects exactly these entries' }),
    entries: counter.openapi({ description: 'Number of entries when they were counted' }),
  })
  .openapi('FindingGroup', { description: 'Entries that a finding is about' });

const Finding = z
  .object({
    check: z.string().openapi({ description: 'Stable name of the check', example: 'accounting' }),
    node: z.string().optional().openapi({ description: 'The host of a fleet that the finding is about' }),
    status: z.enum(['ok', 'note', 'unknown', 'warn', 'loss']).openapi({
      description:
        'How serious the finding is. `loss`: traffic is being lost, or will be with the next connection. `warn`: something failed before, or will fail. `note`: something does not work, because it is configured so. `unknown`: the check could not be made',
    }),
    found: z.string().openapi({ description: 'What the check found' }),
    effect: z.string().optional().openapi({ description: 'The consequence of what was found' }),
    fix: z.string().optional().openapi({ description: 'What to do about it, as a command if possible' }),
    numbers: z.record(z.string(), z.number()).optional().openapi({ description: 'The numbers in `found`, by name' }),
    groups: z.array(FindingGroup).optional().openapi({ description: 'Entries that the finding is about' }),
  })
  .openapi('Finding', { description: 'The result of one check of the host' });

const Source = z
  .object({
    kind: z.string().openapi({ description: '`kernel`, or the kind of capture', example: 'kernel' }),
    name: z.string().openapi({ description: 'The name of the source, for example a file name' }),
    writable: z.boolean().openapi({ description: 'Whether the source can be changed' }),
  })
  .openapi({ description: 'Where the flows come from' });

/** The findings about a table. */
export const DiagnosisSchema = z
  .object({
    source: Source,
    findings: z.array(Finding).openapi({ description: 'The results of all checks, the most serious first' }),
    fleet,
  })
  .openapi('Diagnosis', { description: 'The results of all checks of a table and its host' });

/** What a table can do. */
export const CapabilitiesSchema = z
  .looseObject({
    source: Source,
    count: counter.optional().openapi({ description: 'Current number of entries' }),
    max: counter.optional().openapi({ description: 'Maximum number of entries (net.netfilter.nf_conntrack_max)' }),
    accounting: z
      .boolean()
      .openapi({ description: 'Whether packets and bytes are counted (net.netfilter.nf_conntrack_acct)' }),
    timestamps: z
      .boolean()
      .openapi({ description: 'Whether start times are recorded (net.netfilter.nf_conntrack_timestamp)' }),
    eventsMode: counter
      .optional()
      .openapi({ description: 'net.netfilter.nf_conntrack_events. 0: the kernel sends no events' }),
    tcpLoose: z.boolean().optional().openapi({
      description:
        'Whether a TCP connection that continues after its entry was deleted is tracked again (net.netfilter.nf_conntrack_tcp_loose)',
    }),
    writable: z.boolean().openapi({ description: 'Whether the table can be changed' }),
    index: z
      .object({
        ...indexShape,
        reason: z.string().optional().openapi({ description: 'Why the index is off' }),
        entries: counter.openapi({ description: 'Number of entries in the index' }),
        bytes: counter.openapi({ description: 'Bytes of memory' }),
        uncertain: counter.openapi({ description: 'Entries that may end without an event; they are looked up' }),
        events: counter.openapi({ description: 'Events received' }),
        resyncs: counter.openapi({ description: 'Number of complete reads of the table' }),
        drift: counter.openapi({
          description: 'Entries that a read added or corrected without an event that explains it. 0 if all is well',
        }),
      })
      .optional()
      .openapi({ description: 'The state of the index, if the server has one (`--index`)' }),
    fleet,
    notes: z.array(z.string()).openapi({ description: 'Limits of this table, one sentence each' }),
  })
  .openapi('Capabilities', { description: 'What a table records and supports' });

const rankingItems = z
  .array(
    z.object({
      group: z.string().openapi({
        description: 'The values of the fields, separated by spaces; `-` for a field that the flows do not have',
      }),
      values: groupValues,
      filter: z.string().openapi({
        description:
          'The query string that selects exactly the flows of this group. Contains the filter of the request',
        example: 'src=10.0.0.0/24&dport=443',
      }),
      value: counter.openapi({
        description: 'Sum of the metric: flows, bytes, packets, bytes a second or distinct values',
      }),
      error: counter.openapi({
        description:
          'Maximum amount by which `value` may be too high; 0 if exact. For the metric distinct, as `distinctError`',
      }),
      distinct: counter.optional().openapi({ description: 'Number of distinct values. Present if requested' }),
      distinctError: counter.optional().openapi({
        description:
          'Maximum difference from the real number of distinct values, with a probability of 95 %; 0 if exact',
      }),
    }),
  )
  .openapi({ description: 'The groups, largest first' });
const rankingFacts = {
  by: z.string().openapi({ description: 'The fields that flows are grouped by, in canonical form' }),
  distinct: z.string().optional().openapi({ description: 'The fields whose distinct values are counted' }),
  distinctApproximate: z.boolean().optional().openapi({
    description: 'Whether there are too many distinct values, so that they are estimated from a sample',
  }),
  metric: z.string().openapi({ description: 'What is summed up: flows, bytes, packets, rate or distinct' }),
  approximate: z.boolean().openapi({ description: 'Whether there are too many groups for exact sums' }),
  groups: counter.openapi({ description: 'Number of groups; a minimum if approximate' }),
  total: counter.openapi({ description: 'The metric of all matching flows' }),
};

/** The members of a ranking of groups. */
export const RankingShape = { ...rankingFacts, items: rankingItems };

/** The largest groups. */
export const TopSchema = z
  .object({
    items: rankingItems,
    meta: z
      .object({
        ...rankingFacts,
        matched: counter.openapi({ description: 'Number of flows that match' }),
        scanned: counter.openapi({ description: 'Number of entries that were compared with the filter' }),
        ...FilterMetaShape,
      })
      .openapi({ description: 'Facts about all groups together' }),
  })
  .openapi('Top', { description: 'The largest groups of flows' });

const CpuCounters = z.record(z.string(), counter);
const exampleCounters = { found: 12, insertFailed: 0, drop: 0 };

/** The statistics of a table. */
export const StatsSchema = z
  .object({
    count: counter.openapi({ description: 'Current number of entries' }),
    max: counter.optional().openapi({ description: 'Maximum number of entries (nf_conntrack_max)' }),
    fill: z.number().optional().openapi({ description: '`count` divided by `max`' }),
    cpus: z.array(CpuCounters.openapi({ example: { cpu: 0, ...exampleCounters } })).openapi({
      description: 'The counters of each CPU since boot. `cpu` is the number of the CPU',
    }),
    total: CpuCounters.openapi({ description: 'The counters, summed over all CPUs', example: exampleCounters }),
    nodes: z
      .record(z.string(), z.looseObject({ count: counter.openapi({ description: 'Current number of entries' }) }))
      .optional()
      .openapi({ description: 'The statistics of each node of a fleet; the other members are sums' }),
    fleet,
  })
  .openapi('Stats', { description: 'The statistics of a table' });

/** The result of checking a filter. */
export const CheckSchema = z
  .object({
    valid: z.boolean().openapi({ description: 'Whether the filter is valid' }),
    query: z.string().optional().openapi({ description: 'The filter as a canonical query string' }),
    expression: z.string().optional().openapi({ description: 'The filter as a canonical expression' }),
    fields: z.array(z.string()).optional().openapi({ description: 'The fields that the filter tests' }),
    warnings,
    errors: z.array(FaultSchema).optional().openapi({ description: 'What is wrong with an invalid filter' }),
  })
  .openapi('FilterCheck', { description: 'The result of checking a filter' });

/** A filter in words. */
export const ExplanationSchema = z
  .object({
    text: z.string().openapi({ description: 'The meaning of the filter in English, in one or more lines' }),
    query: z.string().openapi({ description: 'The filter as a canonical query string' }),
    expression: z.string().openapi({ description: 'The filter as a canonical expression' }),
    fields: z.array(z.string()).openapi({ description: 'The fields that the filter tests' }),
    requires: z.array(z.string()).openapi({
      description: 'What the table must record for this filter: accounting, timestamps, index, rates or events',
    }),
    plan: z
      .looseObject({
        kind: z.string().openapi({ description: 'The kind of access: one look-up, a filtered dump or a scan' }),
        why: z.string().openapi({ description: 'The reason, in words' }),
      })
      .openapi({ description: 'How the table would be read' }),
    warnings,
  })
  .openapi('FilterExplanation', { description: 'A filter in words' });

/** Completions at a position of a filter. */
export const CompletionsSchema = z
  .object({
    from: counter.openapi({ description: 'Start of the text that a completion replaces, in characters' }),
    to: counter.openapi({ description: 'End of the text that a completion replaces, in characters' }),
    items: z
      .array(
        z.object({
          text: z.string().openapi({ description: 'The text to insert' }),
          kind: z.string().openapi({ description: 'What it is: a field, an operator, a value …' }),
          detail: z.string().optional().openapi({ description: 'A short description' }),
        }),
      )
      .openapi({ description: 'The completions' }),
  })
  .openapi('FilterCompletions', { description: 'Completions at a position of a filter' });

/** The fields of the filter language. */
export const FieldsSchema = z
  .object({
    fields: z
      .array(z.looseObject({ name: z.string().openapi({ description: 'The name of the field', example: 'dport' }) }))
      .openapi({ description: 'All fields of the filter language' }),
  })
  .openapi('FilterFields', { description: 'The fields of the filter language' });

/** The result of a health check. */
export const StatusSchema = z
  .object({ status: z.string().openapi({ description: '`live` or `ready`' }) })
  .openapi('Status', { description: 'The result of a health check' });

/** A problem response (RFC 9457). */
export const ProblemSchema = z
  .looseObject({
    type: z
      .string()
      .openapi({ description: 'A link to the description of `code`', example: '/problems/filter-invalid' }),
    title: z.string().openapi({ description: 'The meaning of `code`, always the same sentence' }),
    status: counter.openapi({ description: 'The HTTP status' }),
    detail: z.string().openapi({ description: 'What is wrong with this request, and what to do' }),
    code: z.string().openapi({ description: 'Stable code for programs' }),
    requestId: z.string().optional().openapi({ description: 'The request’s id in the log of the server' }),
    errors: z.array(FaultSchema).optional().openapi({ description: 'All faults of the request, at most 50' }),
    key: z
      .string()
      .optional()
      .openapi({ description: 'The key of the existing flow, or of the flow that replaced the requested one' }),
    matched: counter.optional().openapi({ description: 'Number of flows that match' }),
    result: z
      .looseObject({})
      .optional()
      .openapi({ description: 'What was done before a bulk change stopped or failed' }),
    field: z.string().optional().openapi({ description: 'The filter field that the table cannot provide' }),
    sysctl: z.string().optional().openapi({ description: 'The kernel setting that the request needs' }),
    available: z.array(z.string()).optional().openapi({ description: 'The supported media types' }),
    scope: z.string().optional().openapi({ description: 'The scope that the token lacks' }),
  })
  .openapi('Problem', { description: 'A problem response (RFC 9457)' });

/** A problem code. */
export const ProblemTypeSchema = z
  .object({
    code: z.string().openapi({ description: 'Stable code for programs' }),
    status: counter.openapi({ description: 'The HTTP status' }),
    title: z.string().openapi({ description: 'The meaning of the code' }),
  })
  .openapi('ProblemType', { description: 'A problem code' });

/** All problem codes. */
export const ProblemsSchema = z
  .object({ problems: z.array(ProblemTypeSchema).openapi({ description: 'All problem codes' }) })
  .openapi('Problems', { description: 'All problem codes' });
