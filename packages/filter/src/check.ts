import { AF_INET, AF_INET6, protocolOf, statesOf } from '@conntrack/flow';
import type { AddressValue, Filter, Test, Value } from './ast.js';
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
const names = (numbers: Iterable<number>, name: (number: number) => string): string =>
  joinList(Array.from(numbers, name));
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

type Fail = (test: Test, message: string, suggestions?: readonly string[]) => void;

/** Narrows what is possible, or says why nothing is left. */
function narrow(context: Context, key: keyof Context, test: Test, possible: Possible, fail: Fail): void {
  const { numbers, because } = possible;
  const before = context[key];
  const both = before === undefined ? numbers : new Set([...numbers].filter(number => before.numbers.has(number)));
  if (both.size === 0) fail(test, `nothing can match: ${because()}, and ${before!.because()}`);
  else if (before === undefined || both.size < before.numbers.size) context[key] = { numbers: both, because };
}

function checkFamily(test: Test, context: Context, fail: Fail): void {
  const { type, name } = fieldOf(test.field);
  const numbers = /^(family|address|pair|nat)$/.test(type) ? familiesOf(test) : undefined;
  if (numbers === undefined) return;
  if (type === 'pair' && numbers.size > 1) fail(test, 'pair has an IPv4 and an IPv6 end, and no flow has both');
  else narrow(context, 'families', test, { numbers, because: () => `${name} is ${names(numbers, familyName)}` }, fail);
}

function checkProtocol(test: Test, context: Context, fail: Fail): void {
  const { type, name } = fieldOf(test.field);
  const numbers = protocolsOf(test);
  if (numbers === undefined) return;
  if (type === 'state' && context.protocols !== undefined && checkStates(test, context.protocols, fail)) return;
  const because = (): string => `${name} ${type === 'protocol' ? 'is' : 'belongs to'} ${protocolNames(numbers)}`;
  narrow(context, 'protocols', test, { numbers, because }, fail);
}

/** Whether a state is none of the protocols that are left. */
function checkStates(test: Test, { numbers }: Possible, fail: Fail): boolean {
  const wrong = test.values.find(value => !stateProtocols(value).some(number => numbers.has(number)));
  const stated = [...numbers].filter(number => statesOf(number).length > 0);
  if (wrong?.type !== 'state' || stated.length === 0) return false;
  const message = `nothing can match: ${protocolNames(stated)} has no state ${wrong.name}`;
  fail(test, message, nearest(wrong.name, stated.flatMap(statesOf)));
  return true;
}

function walk(filter: Filter, outer: Context, fail: Fail): void {
  const context = { ...outer };
  const terms = filter.kind === 'and' || filter.kind === 'or' ? filter.terms : [filter];
  if (filter.kind !== 'or') {
    const tests = terms.filter(term => term.kind === 'test' && term.op !== 'exists') as Test[];
    const first = ({ field }: Test): boolean => field === 'proto' || field === 'family';
    for (const test of [...tests.filter(first), ...tests.filter(test => !first(test))]) {
      checkFamily(test, context, fail);
      checkProtocol(test, context, fail);
    }
  }
  for (const term of terms) if (filter.kind === 'or' || term.kind === 'or') walk(term, context, fail);
}

/**
 * Faults between the tests of a conjunction that leave nothing to match: a port of ICMP, an IPv6 network with `family=ipv4`, a state
 * that the protocol does not have. What stands under `not` is left alone: its complement matches.
 */
export const checkConflicts = (filter: Filter, report: Report): void =>
  walk(filter, {}, (test, message, suggestions) =>
    report.fail('conflict', report.spans.get(test) ?? { start: 0, end: 0 }, message, suggestions),
  );
