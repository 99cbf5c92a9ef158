import { z } from '@hono/zod-openapi';
import type { Fault } from '../http/problem/problems.js';
import { ParameterFault, type Parameters, type Values } from '../http/query/parameters.js';

/** The value of a query parameter as a member of a body. A list replaces commas. */
export const memberValue = z.union([z.string(), z.number(), z.array(z.string())]);

/**
 * Parses members of a body like query parameters. Faults are added to `faults`, with their place below `pointer`.
 * Members in `judged` have a fault already, and are skipped.
 */
export function readMembers<T extends Parameters>(
  members: Readonly<Record<string, unknown>>,
  parameters: T,
  pointer: string,
  faults: Fault[],
  judged: ReadonlySet<string | undefined> = new Set(),
): Values<T> {
  const values: Record<string, unknown> = {};
  for (const [name, { read }] of Object.entries(parameters)) {
    if (!Object.hasOwn(members, name) || judged.has(name)) continue;
    try {
      values[name] = read(String(members[name]));
    } catch (error) {
      if (!(error instanceof ParameterFault)) throw error;
      const { message, expected } = error;
      faults.push({
        code: 'invalid',
        message,
        pointer: `${pointer}/${name}`,
        ...(expected.length > 0 && { expected }),
      });
    }
  }
  return values as Values<T>;
}
