import { AF_INET, AF_INET6, protocolOf, statesOf } from '@conntrack/flow';
import type { Filter, ProtocolState, Test, Value } from './ast.js';
import { fieldOf } from './fields.js';
import type { Report } from './report.js';
import { joinList, nearest } from './suggest.js';

/** What the tests of a conjunction leave possible so far, and the words for why. */
interface Possible {
  readonly numbers: ReadonlySet<number>;
  /** Called only for a fault. */
  readonly because: () => string;
}

interface Context {
  protocols?: Possible;
  families?: Possible;
}

const familyName = (family: number): string => (family === AF_INET ? 'IPv4' : 'IPv6');
const protocolName = (number: number): string => protocolOf(number).name;

/** The number of a family or protocol, or the family of an address; `undefined` where either family may match. */
function numberOf(value: Value): number | undefined {
  switch (value.type) {
    case 'number':
      return value.value;
    case 'endpoint':
      return numberOf(value.address);
    case 'addresses':
      return numberOf({ type: 'address', address: value.from });
    case 'address':
    case 'prefix':
    case 'netmask':
      return value.address.family === 'ipv4' ? AF_INET : AF_INET6;
    default:
      return undefined;
  }
}

const statesIn = (value: Value): readonly ProtocolState[] => (value.type === 'state' ? value.states : []);

/**
 * Faults between the tests of a conjunction that leave nothing to match: a port of ICMP, an IPv6 network with `family=ipv4`, a state
 * that the protocol does not have. What stands under `not` is left alone: its complement matches.
 */
export function checkConflicts(filter: Filter, report: Report): void {
  const fail = (test: Test, message: string, suggestions?: readonly string[]): void =>
    report.fault('conflict', report.spans.get(test) ?? { start: 0, end: 0 }, message, suggestions);

  /** Narrows what is possible, or says why nothing is left. */
  const narrow = (
    context: Context,
    key: keyof Context,
    test: Test,
    numbers: ReadonlySet<number>,
    verb: string,
    name: (number: number) => string,
  ): void => {
    const because = (): string => `${test.field} ${verb} ${joinList(Array.from(numbers, name))}`;
    const before = context[key];
    const both = before === undefined ? numbers : new Set([...numbers].filter(number => before.numbers.has(number)));
    if (both.size === 0) fail(test, `nothing can match: ${because()}, and ${before!.because()}`);
    else if (before === undefined || both.size < before.numbers.size) context[key] = { numbers: both, because };
  };

  const checkTest = (test: Test, context: Context): void => {
    const { type, protocols } = fieldOf(test.field);
    const { values } = test;
    if (/^(family|address|pair|nat)$/.test(type)) {
      const families = new Set(values.map(numberOf));
      if (families.has(undefined)) return;
      if (type === 'pair' && families.size > 1) fail(test, 'pair has an IPv4 and an IPv6 end, and no flow has both');
      else narrow(context, 'families', test, families as Set<number>, 'is', familyName);
      return;
    }
    const possible = context.protocols?.numbers;
    if (type === 'protocol')
      narrow(context, 'protocols', test, new Set(values.map(value => numberOf(value)!)), 'is', protocolName);
    else if (protocols !== undefined) {
      const stated = type === 'state' && possible ? [...possible].filter(number => statesOf(number).length > 0) : [];
      const wrong = values.find(value => !statesIn(value).some(({ protonum }) => possible?.has(protonum)));
      if (stated.length > 0 && wrong?.type === 'state')
        fail(
          test,
          `nothing can match: ${joinList(stated.map(protocolName))} has no state ${wrong.name}`,
          nearest(wrong.name, stated.flatMap(statesOf)),
        );
      else {
        const own = type === 'state' ? values.flatMap(statesIn).map(({ protonum }) => protonum) : protocols;
        narrow(context, 'protocols', test, new Set(own), 'belongs to', protocolName);
      }
    }
  };

  const walk = (filter: Filter, outer: Context): void => {
    const context = { ...outer };
    const or = filter.kind === 'or';
    const terms = or || filter.kind === 'and' ? filter.terms : [filter];
    if (!or) {
      const tests = terms.filter(term => term.kind === 'test' && term.op !== 'exists') as Test[];
      const first = ({ field }: Test): boolean => field === 'proto' || field === 'family';
      for (const test of [...tests.filter(first), ...tests.filter(test => !first(test))]) checkTest(test, context);
    }
    for (const term of terms) if (or || term.kind === 'or') walk(term, context);
  };
  if (!report.failed) walk(filter, {});
}
