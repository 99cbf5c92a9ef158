import type { z } from '@hono/zod-openapi';
import { MAX_FAULTS } from '../problem/faults.js';
import type { Fault } from '../problem/problems.js';
import { pointerOf } from './json-text.js';

/** What a schema expects, in words. */
const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
};

/** A short text for a value of the wrong type. */
function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 50)}${value.length > 50 ? '…' : ''}'`;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}

/** zod options: report the value with each issue, so that a missing member can be distinguished from a wrong one. */
export const WITH_VALUES = { reportInput: true } as const;

/** The fault of a zod issue. JSON has no `undefined`, so an undefined value is a missing member. */
export function faultOf({ code, message, path, ...issue }: z.core.$ZodIssue, at: readonly PropertyKey[]): Fault {
  const pointer = pointerOf([...at, ...path]);
  if (code !== 'invalid_type' || !('input' in issue)) return { code: 'invalid', message, pointer };
  if (issue.input === undefined) return { code: 'missing', message: 'this member is required', pointer };
  const expected = EXPECTED[(issue as { expected: string }).expected];
  if (expected === undefined) return { code: 'invalid', message, pointer };
  return { code: 'invalid', message: `must be ${expected}, got ${shown(issue.input)}`, pointer };
}

/**
 * The faults of zod's issues below the path `at`; an unknown key is one fault each. At most MAX_FAULTS faults are made,
 * and `more` counts the rest.
 */
export function bodyFaults(error: z.ZodError, at: readonly PropertyKey[] = []): { faults: Fault[]; more: number } {
  const faults: Fault[] = [];
  let more = 0;
  const add = (fault: () => Fault): void => {
    if (faults.length < MAX_FAULTS) faults.push(fault());
    else more++;
  };
  for (const issue of error.issues)
    if (issue.code !== 'unrecognized_keys') add(() => faultOf(issue, at));
    else
      for (const key of issue.keys)
        add(() => ({
          code: 'unknown',
          message: `unknown member '${key.slice(0, 100)}'`,
          pointer: pointerOf([...at, ...issue.path, key]),
        }));
  return { faults, more };
}
