// What the client says of answers is what the server's schemas say of them: a member that one side has and the other has not fails to compile.

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

describe('client and server name the same members', () => {
  test('pages', () => {
    expectTypeOf<Names<FlowPage>>().toEqualTypeOf<Names<Answer<typeof answers.FlowListSchema>>>();
    expectTypeOf<Names<FlowPage['meta']>>().toEqualTypeOf<Names<Answer<typeof answers.FlowListSchema>['meta']>>();
  });
  test('bulk changes', () => {
    expectTypeOf<Names<Deleted>>().toEqualTypeOf<Names<Answer<typeof answers.DeletedSchema>>>();
    expectTypeOf<Names<Updated>>().toEqualTypeOf<Names<Answer<typeof answers.UpdatedSchema>>>();
  });
  test('plans', () => {
    expectTypeOf<Names<PlanHandle>>().toEqualTypeOf<Names<Answer<typeof answers.PlanHandleSchema>>>();
    expectTypeOf<Names<PlanRecord>>().toEqualTypeOf<Names<Answer<typeof PlanRecordSchema>>>();
    expectTypeOf<Names<PlanAnswer>>().toEqualTypeOf<Names<Answer<typeof PlanSchema>>>();
  });
  test('groups', () => {
    expectTypeOf<Names<TopGroups>>().toEqualTypeOf<Names<Answer<typeof answers.TopSchema>>>();
    expectTypeOf<Names<TopGroups['meta']>>().toEqualTypeOf<Names<Answer<typeof answers.TopSchema>['meta']>>();
    expectTypeOf<Names<TopGroups['items'][0]>>().toEqualTypeOf<Names<Answer<typeof answers.TopSchema>['items'][0]>>();
  });
  test('expectations and filters', () => {
    expectTypeOf<Names<ExpectationList>>().toEqualTypeOf<Names<Answer<typeof ExpectationListSchema>>>();
    expectTypeOf<Names<FilterCompletions>>().toEqualTypeOf<Names<Answer<typeof answers.CompletionsSchema>>>();
    expectTypeOf<Names<Extract<FilterCheck, { valid: true }>> | 'errors'>().toEqualTypeOf<
      Names<Answer<typeof answers.CheckSchema>>
    >();
  });
});

/** How a table is read is sent as it is: it has to be what the protocol says of it. */
test('plans of reads are what the protocol says', () => {
  expectTypeOf<Names<table.KernelPlan>>().toEqualTypeOf<Names<wire.ReadPlan>>();
  expectTypeOf<Extract<table.KernelPlan, { kind: 'lookup' }>['refs']>().toEqualTypeOf<
    Extract<wire.ReadPlan, { kind: 'lookup' }>['refs']
  >();
  expectTypeOf<Extract<table.KernelPlan, { kind: 'dumps' }>['filters'][number]>().toEqualTypeOf<wire.DumpFilter>();
});
