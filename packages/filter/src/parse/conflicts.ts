import { protocolOf, statesOf } from '@conntrack/flow';
import { joinList, nearest } from '@conntrack/flow/checks';
import { AF_INET, familyNumber } from '@conntrack/flow/codec';
import { type Filter, numbersOf, type Test, type Value } from '../language/ast.js';
import type { Report } from './report.js';

/** The conditions that tests can rule out, and the names of their numbers. */
const NAMES = {
  family: (number: number): string => (number === AF_INET ? 'IPv4' : 'IPv6'),
  protocol: (number: number): string => protocolOf(number).name,
};

/** What the tests of a conjunction still allow, and the words that say why. The words are made only for a fault. */
type Context = {
  [Kind in keyof typeof NAMES]?: { readonly numbers: readonly number[]; readonly because: () => string };
};

/** Returns the family of an address; `undefined` if both may match. */
function familyOf(value: Value): number | undefined {
  switch (value.type) {
    case 'number':
      return value.value;
    case 'endpoint':
      return familyOf(value.address);
    case 'addresses':
      return familyNumber(value.from.family);
    case 'address':
    case 'prefix':
    case 'netmask':
      return familyNumber(value.address.family);
    default:
      return undefined;
  }
}

const protocolsOf = (value: Value): number[] =>
  value.type === 'state' ? value.states.map(({ protonum }) => protonum) : [];

/**
 * Finds faults between the tests of a conjunction that leave nothing to match: a port with ICMP, an IPv6 network with `family=ipv4`, a
 * state that the protocol does not have. Terms under `not` are not checked, because their complement matches.
 */
export function checkConflicts(filter: Filter, report: Report): void {
  function checkTest(test: Test, context: Context): void {
    const { field, values } = test;
    const { type, protocols } = report.fields.find(field)!;
    const fault = (message: string, suggestions?: readonly string[]): void =>
      report.fault('conflict', report.spans.get(test) ?? { start: 0, end: 0 }, message, suggestions);
    /** Narrows what is allowed, or reports why nothing is left. */
    const narrow = (kind: keyof Context, allowed: readonly number[], verb = 'is'): void => {
      const numbers = [...new Set(allowed)];
      const because = (): string => `${field} ${verb} ${joinList(numbers.map(NAMES[kind]))}`;
      const before = context[kind];
      const both = before === undefined ? numbers : before.numbers.filter(number => numbers.includes(number));
      if (both.length === 0) fault(`nothing can match: ${because()}, and ${before!.because()}`);
      else if (both.length !== before?.numbers.length) context[kind] = { numbers: both, because };
    };

    if (/^(family|address|pair|nat)$/.test(type)) {
      const families = values.map(familyOf).filter(family => family !== undefined);
      if (families.length < values.length) return;
      if (type === 'pair' && families[0] !== families[1])
        fault('pair has an IPv4 and an IPv6 address, but no flow has both');
      else narrow('family', families);
    } else if (type === 'protocol') narrow('protocol', numbersOf(values));
    else if (type === 'state') {
      const possible = context.protocol?.numbers ?? [];
      const tracked = possible.filter(number => statesOf(number).length > 0);
      const wrong = values.find(value => !protocolsOf(value).some(number => possible.includes(number)));
      if (tracked.length > 0 && wrong?.type === 'state')
        fault(
          `nothing can match: ${joinList(tracked.map(NAMES.protocol))} has no state ${wrong.name}`,
          nearest(wrong.name, tracked.flatMap(statesOf)),
        );
      else narrow('protocol', values.flatMap(protocolsOf), 'belongs to');
    } else if (protocols !== undefined) narrow('protocol', protocols, 'belongs to');
  }

  function walk(filter: Filter, outer: Context): void {
    const context = { ...outer };
    const or = filter.kind === 'or';
    const terms = or || filter.kind === 'and' ? filter.terms : [filter];
    if (!or) {
      const tests = terms.filter(term => term.kind === 'test' && term.op !== 'exists') as Test[];
      // Protocol and family are checked first, because they decide about the others.
      const late = ({ field }: Test): number => (/^(protocol|family)$/.test(report.fields.find(field)!.type) ? 0 : 1);
      for (const test of tests.sort((one, other) => late(one) - late(other))) checkTest(test, context);
    }
    for (const term of terms) if (or || term.kind === 'or') walk(term, context);
  }

  if (!report.failed) walk(filter, {});
}
