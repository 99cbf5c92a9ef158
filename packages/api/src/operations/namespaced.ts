import type { Operation } from './operation.js';

/** Paths of operations on a table, which therefore belong to one network namespace. */
const OF_A_TABLE = /^\/(conntrack|expectations|stats|capabilities|doctor)(\/|$)/;

/** Whether an operation is about a table. */
export const isOfTable = ({ path, netns }: Operation): boolean => netns === true || OF_A_TABLE.test(path);

/** The operations on a table again, for the tables of network namespaces. */
export const namespaced = (operations: readonly Operation[]): Operation[] =>
  operations.filter(isOfTable).map(operation => ({
    ...operation,
    id: `${operation.id}InNetns`,
    path: `/netns/{netns}${operation.path}`,
    summary: `${operation.summary} (in a network namespace)`,
    problems: [...operation.problems, 'netns-unknown'],
    netns: true,
  }));
