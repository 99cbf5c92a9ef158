import { AF_INET, AF_INET6, protocolOf, statesOf } from '@conntrack/flow';
import type { AddressValue, Filter, Test, Value } from './ast.js';
import { fieldOf } from './fields.js';
import type { Report } from './report.js';
import { nearest } from './suggest.js';

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
const names = (numbers: Iterable<number>, name: (number: number) => string): string => {
  const list = Array.from(numbers, name);
  return list.length > 1 ? `${list.slice(0, -1).join(', ')} or ${list.at(-1)}` : list.join('');
};
const protocolNames = (numbers: Iterable<number>): string => names(numbers, number => protocolOf(number).name);

function familyOfAddress(value: AddressValue): number | undefined {
  if (value.type === 'class') return undefined;
  const { family } = value.type === 'addresses' ? value.from : value.address;
  return family === 'ipv4' ? AF_INET : AF_INET6;
}

/** The families that a test allows; `undefined` for both. */
function familiesOf(test: Test): Set<number> | undefined {
  const found = new Set<number>();
  for (const value of test.values) {
    const family =
      value.type === 'number'
        ? value.value
        : familyOfAddress(value.type === 'endpoint' ? value.address : (value as AddressValue));
    if (family === undefined) return undefined;
    found.add(family);
  }
  return found;
}

/** The protocols that a test allows; `undefined` for all. */
function protocolsOf(test: Test): Set<number> | undefined {
  const { type, protocols } = fieldOf(test.field);
  if (type === 'state') return new Set(test.values.flatMap(stateProtocols));
  if (type === 'protocol') return new Set(test.values.map(value => (value.type === 'number' ? value.value : -1)));
  return protocols && new Set(protocols);
}

const stateProtocols = (value: Value): number[] =>
  value.type === 'state' ? value.states.map(state => state.protonum) : [];

class Checker {
  constructor(readonly report: Report) {}

  #fail(test: Test, message: string, suggestions: readonly string[] = []): void {
    const [start, end] = this.report.spans.get(test) ?? [0, 0];
    this.report.fail('conflict', start, end, message, { suggestions });
  }

  #family(test: Test, context: Context): void {
    const { type, name } = fieldOf(test.field);
    if (type !== 'family' && type !== 'address' && type !== 'pair' && type !== 'nat') return;
    const numbers = familiesOf(test);
    if (numbers === undefined) return;
    const because = (): string => `${name} is ${names(numbers, familyName)}`;
    if (type === 'pair' && numbers.size > 1) {
      this.#fail(test, 'pair has an IPv4 and an IPv6 end, and no flow has both');
      return;
    }
    const before = context.families;
    const both = before === undefined ? numbers : new Set([...numbers].filter(number => before.numbers.has(number)));
    if (both.size === 0) this.#fail(test, `nothing can match: ${because()}, and ${before!.because()}`);
    else if (before === undefined || both.size < before.numbers.size) context.families = { numbers: both, because };
  }

  #protocol(test: Test, context: Context): void {
    const { type, name } = fieldOf(test.field);
    const numbers = protocolsOf(test);
    if (numbers === undefined) return;
    const before = context.protocols;
    if (type === 'state' && before !== undefined && this.#states(test, before)) return;
    const because = (): string => `${name} ${type === 'protocol' ? 'is' : 'belongs to'} ${protocolNames(numbers)}`;
    const both = before === undefined ? numbers : new Set([...numbers].filter(number => before.numbers.has(number)));
    if (both.size === 0) this.#fail(test, `nothing can match: ${because()}, and ${before!.because()}`);
    else if (before === undefined || both.size < before.numbers.size) context.protocols = { numbers: both, because };
  }

  /** Whether a state is none of the protocols that are left. */
  #states(test: Test, { numbers }: Possible): boolean {
    const wrong = test.values.find(value => !stateProtocols(value).some(number => numbers.has(number)));
    if (wrong?.type !== 'state') return false;
    const known = [...numbers].flatMap(statesOf);
    if (known.length === 0) return false;
    const stated = [...numbers].filter(number => statesOf(number).length > 0);
    this.#fail(
      test,
      `nothing can match: ${protocolNames(stated)} has no state ${wrong.name}`,
      nearest(wrong.name, known),
    );
    return true;
  }

  walk(filter: Filter, outer: Context): void {
    const context = { ...outer };
    if (filter.kind === 'or') for (const term of filter.terms) this.walk(term, context);
    if (filter.kind === 'test') this.#conjunction([filter], context);
    if (filter.kind !== 'and') return;
    const tests = filter.terms.filter(term => term.kind === 'test');
    this.#conjunction(tests, context);
    for (const term of filter.terms) if (term.kind === 'or') this.walk(term, context);
  }

  #conjunction(tests: readonly Test[], context: Context): void {
    const positive = tests.filter(test => test.op !== 'exists');
    const first = (test: Test): boolean => test.field === 'proto' || test.field === 'family';
    for (const test of [...positive.filter(first), ...positive.filter(test => !first(test))]) {
      this.#family(test, context);
      this.#protocol(test, context);
    }
  }
}

/**
 * Faults between the tests of a conjunction that leave nothing to match: a port of ICMP, an IPv6 network with `family=ipv4`, a state
 * that the protocol does not have. What stands under `not` is left alone: its complement matches.
 */
export const checkConflicts = (filter: Filter, report: Report): void => new Checker(report).walk(filter, {});
