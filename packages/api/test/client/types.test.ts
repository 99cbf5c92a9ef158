// Compares the client's types with the server's schemas: a member that only one side has does not compile.

import type {
  Deleted,
  ExpectationList,
  FilterCheck,
  FilterCompletions,
  FlowPage,
  PlanAnswer,
  PlanHandle,
  PlanRecord,
  TopGroups,
  Updated,
} from '@conntrack/client';
import type * as wire from '@conntrack/client/protocol';
import type * as table from '@conntrack/table';
import type { z } from '@hono/zod-openapi';
import { describe, expectTypeOf, test } from 'vitest';
import type * as answers from '../../src/schemas/answers.js';
import type { ExpectationListSchema } from '../../src/schemas/expectation.js';
import type { PlanRecordSchema, PlanSchema } from '../../src/schemas/plan.js';

/** The names of an object's members. */
type Names<T> = keyof { [K in keyof T as string extends K ? never : K]: T[K] };
type Answer<S extends z.ZodType> = z.output<S>;

describe('the types of client and server have the same members', () => {
  test('pages have the same members in client and server', () => {
    expectTypeOf<Names<FlowPage>>().toEqualTypeOf<Names<Answer<typeof answers.FlowListSchema>>>();
    expectTypeOf<Names<FlowPage['meta']>>().toEqualTypeOf<Names<Answer<typeof answers.FlowListSchema>['meta']>>();
  });
  test('results of bulk changes have the same members in client and server', () => {
    expectTypeOf<Names<Deleted>>().toEqualTypeOf<Names<Answer<typeof answers.DeletedSchema>>>();
    expectTypeOf<Names<Updated>>().toEqualTypeOf<Names<Answer<typeof answers.UpdatedSchema>>>();
  });
  test('plans have the same members in client and server', () => {
    expectTypeOf<Names<PlanHandle>>().toEqualTypeOf<Names<Answer<typeof answers.PlanHandleSchema>>>();
    expectTypeOf<Names<PlanRecord>>().toEqualTypeOf<Names<Answer<typeof PlanRecordSchema>>>();
    expectTypeOf<Names<PlanAnswer>>().toEqualTypeOf<Names<Answer<typeof PlanSchema>>>();
  });
  test('top groups have the same members in client and server', () => {
    expectTypeOf<Names<TopGroups>>().toEqualTypeOf<Names<Answer<typeof answers.TopSchema>>>();
    expectTypeOf<Names<TopGroups['meta']>>().toEqualTypeOf<Names<Answer<typeof answers.TopSchema>['meta']>>();
    expectTypeOf<Names<table.Finding>>().toEqualTypeOf<Names<Answer<typeof answers.DiagnosisSchema>['findings'][0]>>();
    expectTypeOf<Names<TopGroups['items'][0]>>().toEqualTypeOf<Names<Answer<typeof answers.TopSchema>['items'][0]>>();
  });
  test('expectations and filter checks have the same members in client and server', () => {
    expectTypeOf<Names<ExpectationList>>().toEqualTypeOf<Names<Answer<typeof ExpectationListSchema>>>();
    expectTypeOf<Names<FilterCompletions>>().toEqualTypeOf<Names<Answer<typeof answers.CompletionsSchema>>>();
    expectTypeOf<Names<Extract<FilterCheck, { valid: true }>> | 'errors'>().toEqualTypeOf<
      Names<Answer<typeof answers.CheckSchema>>
    >();
  });
});

/** The plan of a read is sent unchanged, so its type must match the protocol. */
test('plans of reads match the protocol', () => {
  expectTypeOf<Names<table.KernelPlan>>().toEqualTypeOf<Names<wire.ReadPlan>>();
  expectTypeOf<Extract<table.KernelPlan, { kind: 'lookup' }>['refs']>().toEqualTypeOf<
    Extract<wire.ReadPlan, { kind: 'lookup' }>['refs']
  >();
  expectTypeOf<Extract<table.KernelPlan, { kind: 'dumps' }>['filters'][number]>().toEqualTypeOf<wire.DumpFilter>();
});
