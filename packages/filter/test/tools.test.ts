import { LabelMap } from '@conntrack/flow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { complete } from '../src/complete.js';
import { FIELD_DOCS } from '../src/docs.js';
import { explainFilter } from '../src/explain.js';
import { FIELDS, fieldsOf, findField, parseFilter, parseQuery } from '../src/index.js';
import { requirementsOf, requireSource, unavailableIn } from '../src/requirements.js';
import { filterJsonSchema, type JsonSchema } from '../src/schema.js';
import { filter } from './arbitraries.js';

const names = (text: string, position = text.length, options = {}): string[] =>
  complete(text, position, options).items.map(item => item.text);

describe('completion', () => {
  it('expressions are completed', () => {
    expect(names('')).toContain('proto');
    expect(names('dp')).toEqual(['dport']);
    expect(names('dport ')).toEqual(['==', '!=', 'in', 'not in', '>', '>=', '<', '<=', 'exists']);
    expect(names('state == EST')).toEqual(['ESTABLISHED']);
    expect(names('state == est')).toEqual(['ESTABLISHED']);
    expect(names('state in {ESTABLISHED, TIME')).toEqual(['TIME_WAIT']);
    expect(names('state in {ESTABLISHED ')).toEqual([',', '}']);
    expect(names('proto == tcp ')).toEqual(['and', 'or']);
    expect(names('proto == tcp and unr')).toEqual(['unreplied']);
    expect(names('(proto == tcp) ')).toEqual(['and', 'or']);
    expect(names('proto == tcp, ud')).toEqual(['udp', 'udplite']);
    expect(names('private(')).toEqual(['src', 'dst', 'reply.src', 'reply.dst', 'addr']);
    expect(names('(prot')).toEqual(['proto']);
    expect(names('not (state == CLOSE')).toEqual(['CLOSE_WAIT', 'CLOSED', 'CLOSEREQ']);
    expect(names('pri')).toEqual(['private(']);
    expect(names('unreplied ')).toContain('and');
    expect(names('src-nat ')).toEqual(['and', 'or', '==', '!=', 'in', 'not in']);
    expect(names('mark & 0xff ')).toContain('==');
    expect(names('nonsense ')).toEqual([]);
  });
  it('query strings are completed', () => {
    expect(names('proto=tcp&dp')).toEqual(['dport=']);
    expect(names('proto=t')).toEqual(['tcp']);
    expect(names('proto=tcp,ud')).toEqual(['udp', 'udplite']);
    expect(names('proto=tcp&state.')).toEqual(['state.not=', 'state.exists=']);
    expect(names('proto=tcp&state.not=TIME')).toEqual(['TIME_WAIT']);
    expect(names('proto=tcp&mark.exists=')).toEqual(['true', 'false']);
    expect(names('proto=tcp&li', 12, { params: ['limit'] })).toEqual(['limit=']);
    expect(names('proto=tcp&filter=state == EST')).toEqual(['ESTABLISHED']);
    expect(names('a', 1, { syntax: 'query' })).toEqual(['addr=', 'age=', 'any-nat', 'assured']);
    expect(names('label=st', 8, { labels: new LabelMap('1 staff') })).toEqual(['staff']);
  });
  it('completion inside of a text says what it replaces', () => {
    const text = 'proto == tcp and dp == 80';
    expect(complete(text, 19)).toMatchObject({ from: 17, to: 19, items: [{ text: 'dport', kind: 'field' }] });
    expect(complete('dport=80&proto=t', 16)).toMatchObject({ from: 15, to: 16 });
  });
  it('completion works before the first sign that separates pairs', () => {
    expect(complete('&', 0, { syntax: 'query' })).toMatchObject({ from: 0, to: 0 });
  });
  it('a text that is too long for a filter is completed', () => {
    expect(names(`${'proto == tcp and '.repeat(1000)}dp`)).toEqual(['dport']);
  });
  it('completion never fails, for any text and position', () => {
    const text = fc.array(
      fc.constantFrom('proto', 'dport', ' ', '==', '&', '=', '{', '}', ',', '(', ')', '"', 'and', 'x', '%', '.'),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(
        text.map(parts => parts.join('')),
        fc.nat(60),
        fc.constantFrom('query', 'expression', undefined),
        (given, at, syntax) => {
          const { from, to } = complete(given, at, syntax === undefined ? {} : { syntax });
          expect(from).toBeLessThanOrEqual(to);
          expect(to).toBeLessThanOrEqual(given.length);
        },
      ),
    );
  });
});

describe('explanation', () => {
  it('a filter is explained in words and in both syntaxes, with its requirements', () => {
    const { filter: given } = parseFilter(
      'proto == tcp and (state == ESTABLISHED or not bytes > 1M) and not private(src)',
    );
    expect(explainFilter(given)).toEqual({
      text: [
        'all of:',
        '  proto (layer 4 protocol, by name or number) is tcp',
        '  any of:',
        '    state (state of TCP, SCTP or DCCP, or a group of them) is ESTABLISHED (tcp 3, sctp 4)',
        '    not: bytes (bytes of both directions) > 1M',
        '  not: src (source address, original direction) is a private address',
      ].join('\n'),
      query: 'proto=tcp&filter=(state%20==%20ESTABLISHED%20or%20not%20bytes%20%3E%201M)%20and%20not%20private(src)',
      expression: 'proto == tcp and (state == ESTABLISHED or not bytes > 1M) and not private(src)',
      fields: ['proto', 'state', 'bytes', 'src'],
      requires: ['accounting'],
    });
  });
  it('any filter can be explained', () => {
    fc.assert(
      fc.property(filter, given => {
        expect(explainFilter(given).text).not.toContain('undefined');
      }),
    );
  });
});

describe('what a source must provide', () => {
  const { filter: given } = parseQuery('proto=tcp&bytes>=1M&age>1h&event=new');
  it('the requirements of a filter are known', () => {
    expect([...requirementsOf(given)]).toEqual(['accounting', 'timestamps', 'events']);
    expect([...fieldsOf(given)]).toEqual(['proto', 'bytes', 'age', 'event']);
  });
  it('a missing requirement is a fault that names the sysctl', () => {
    const issues = unavailableIn(given, { events: true });
    expect(issues.map(issue => issue.message)).toEqual([
      'bytes requires counters, but accounting is off. sysctl net.netfilter.nf_conntrack_acct=1 enables it for new connections',
      'age requires timestamps, but they are off. sysctl net.netfilter.nf_conntrack_timestamp=1 enables them for new connections',
    ]);
    expect(issues[0]!.snippet).toMatch(/^proto == tcp and bytes >= 1M and .*\n {17}\^~{10} {2}bytes requires/);
    expect(() => requireSource(given, {})).toThrow('event is available in event streams only');
    expect(() => requireSource(given, { accounting: true, timestamps: true, events: true })).not.toThrow();
  });
});

/** Whether JSON matches a schema, for the keywords that ours uses. */
function fits(schema: JsonSchema, value: unknown): boolean {
  const {
    $ref,
    anyOf,
    enum: list,
    type,
  } = schema as { $ref?: string; anyOf?: JsonSchema[]; enum?: unknown[]; type?: string };
  if ($ref !== undefined)
    return fits((filterJsonSchema.$defs as Record<string, JsonSchema>)[$ref.replace('#/$defs/', '')]!, value);
  if (anyOf !== undefined) return anyOf.some(each => fits(each, value));
  if (list !== undefined) return list.includes(value);
  if ('const' in schema) return schema.const === value;
  const {
    minimum = -Infinity,
    maximum = Infinity,
    minItems = 0,
    maxItems = Infinity,
  } = schema as Record<string, number>;
  if (type === 'string') return typeof value === 'string';
  if (type === 'number' || type === 'integer')
    return (
      typeof value === 'number' &&
      value >= minimum &&
      value <= maximum &&
      (type === 'number' || Number.isInteger(value))
    );
  if (type === 'array')
    return (
      Array.isArray(value) &&
      value.length >= minItems &&
      value.length <= maxItems &&
      (schema.items === undefined || value.every(each => fits(schema.items as JsonSchema, each)))
    );
  if (type !== 'object') throw new Error(`a schema that this reader does not know: ${JSON.stringify(schema)}`);
  if (typeof value !== 'object' || value === null) return false;
  const { properties, required } = schema as unknown as { properties: Record<string, JsonSchema>; required: string[] };
  return (
    required.every(name => name in value) &&
    Object.entries(value).every(([name, each]) => properties[name] !== undefined && fits(properties[name], each))
  );
}

describe('the JSON schema', () => {
  it('the JSON schema accepts every filter', () => {
    fc.assert(
      fc.property(filter, given => {
        expect(fits(filterJsonSchema, JSON.parse(JSON.stringify(given)))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
  it.each([
    { kind: 'every' },
    { kind: 'and', terms: [{ kind: 'all' }] },
    { kind: 'test', field: 'dprot', op: 'eq', values: [] },
    { kind: 'test', field: 'dport', op: 'all', values: [] },
    { kind: 'test', field: 'dport', op: 'eq', values: [{ type: 'text', text: '80' }] },
    { kind: 'test', field: 'src', op: 'eq', values: [{ type: 'address', address: '10.0.0.1' }] },
    { kind: 'test', field: 'unreplied', op: 'exists', values: [{ type: 'number', value: 1 }] },
    { kind: 'all', more: 1 },
  ])('the JSON schema refuses %j', wrong => {
    expect(fits(filterJsonSchema, wrong)).toBe(false);
  });
});

describe('the field table', () => {
  it('the field table has each name and alias once, in lower case', () => {
    const all = FIELDS.flatMap(field => [field.name, ...field.aliases]);
    expect(new Set(all).size).toBe(all.length);
    for (const name of all) expect(name).toMatch(/^[a-z][a-z0-9.-]*$/);
  });
  it('every field has a description, and nothing else has', () => {
    expect(Object.keys(FIELD_DOCS)).toEqual(FIELDS.map(field => field.name));
    for (const { source, summary } of Object.values(FIELD_DOCS)) expect([source, summary]).not.toContain('');
  });
  it("the field table has conntrack(8)'s long filter options", () => {
    const options =
      'src orig-src dst orig-dst reply-src reply-dst protonum timeout status mark id family src-nat dst-nat any-nat secmark zone ' +
      'orig-zone reply-zone label sport orig-port-src dport orig-port-dst reply-port-src reply-port-dst state icmp-type icmp-code ' +
      'icmp-id icmpv6-type icmpv6-code icmpv6-id srckey orig-key-src dstkey orig-key-dst reply-key-src reply-key-dst orig-vtag reply-vtag role';
    for (const option of options.split(' ')) expect(findField(option)?.name, option).toBeDefined();
  });
});
