import { describe, expect, it } from 'vitest';
import { defineFields } from '../../src/define.js';
import { FIELDS, FilterError, findField, parseFilter } from '../../src/index.js';
import { printersFor } from '../../src/print.js';

interface Row {
  client?: string;
  port?: number;
  path?: string;
  seconds?: number;
  method?: string;
  cached?: boolean;
  at?: number;
  protocol?: number;
}

const fields = defineFields({
  client: { type: 'address', aliases: ['ip'], read: (row: Row) => row.client },
  port: { type: 'port', max: 0xffff, read: row => row.port },
  path: { type: 'text', read: row => row.path },
  took: { type: 'duration', unit: 'seconds', read: row => row.seconds },
  method: { type: 'enum', values: ['get', 'post'], read: row => row.method },
  cached: { type: 'flag', read: row => row.cached },
  at: { type: 'time', read: row => row.at },
  proto: { type: 'protocol', read: row => row.protocol },
});

const ROW: Row = {
  client: '10.1.2.3',
  port: 443,
  path: '/index.html',
  seconds: 2.5,
  method: 'GET',
  cached: true,
  at: Date.UTC(2026, 0, 31),
  protocol: 6,
};

const passes = (text: string, row: Row = ROW): boolean => fields.compile(parseFilter(text, { fields }).filter)(row);

describe('the language over records of one’s own', () => {
  it.each([
    'client=10.0.0.0/8',
    'ip=10.1.2.3',
    'private(client)',
    'port=https',
    'port=400-500&path=/index*',
    'took>2s and took <= 2500ms',
    'method == get',
    'cached',
    'at>=2026-01-31',
    'proto == tcp or proto == 99',
    'client exists and not path == ftp',
  ])('%s matches a record of the caller’s own', text => expect(passes(text)).toBe(true));

  it.each([
    'client=192.0.2.0/24',
    'client == ::1',
    'port=80',
    'took<2',
    'method=post',
    'not cached',
    'method.exists=false',
  ])('%s does not match a record of the caller’s own', text => expect(passes(text)).toBe(false));

  it('a record without any value matches no test, and the negation of every test', () => {
    for (const text of ['client=10.0.0.0/8', 'port=1', 'path=a', 'took>=0', 'method=get', 'cached', 'at>1970-01-02'])
      expect([
        passes(text, {}),
        passes(`not (${text.includes('=') ? text.replace(/([^<>])=/, '$1==') : text})`, {}),
      ]).toEqual([false, true]);
  });

  it('a record without an address, or with a text that is none, passes no test of an address', () => {
    for (const row of [{}, { client: 'unknown' }])
      for (const text of ['client exists', 'client == 0:1:0:1:0:1:0:1', 'private(client)'])
        expect(passes(text, row), text).toBe(false);
  });

  it('a flag that is false passes its negation, and no test of it', () => {
    expect(passes('cached', { cached: false })).toBe(false);
    expect(passes('not cached', { cached: false })).toBe(true);
  });

  it('printed filters over own fields are parsed back as the same filter', () => {
    const { printExpression, printQuery } = printersFor(fields);
    const { filter } = parseFilter('client=10.0.0.0/8&took>2s&path=/a*', { fields });
    expect(printExpression(filter)).toBe(
      'client in 10.0.0.0/8 and took > 2s and path == "/a"*'.replace('"/a"*', '/a*'),
    );
    expect(printQuery(filter)).toBe('client=10.0.0.0/8&took.gt=2s&path=/a*');
    for (const text of [printExpression(filter), printQuery(filter)])
      expect(parseFilter(text, { fields }).filter).toEqual(filter);
  });

  it('conntrack’s fields are unknown among own fields, and the error suggests an own field', () => {
    expect(() => parseFilter('dport == 443', { fields })).toThrow(/unknown field 'dport'. Did you mean 'port'/);
    expect(() => parseFilter('pair(10.0.0.1, 10.0.0.2)', { fields })).toThrow(FilterError);
    expect(() => parseFilter('client=10.0.0.0/8')).toThrow(/unknown field 'client'/);
  });

  it.each(['order', 'inside', 'notes', 'reply.bytes', 'a-b.c_d'])('the name %j can be the name of a field', name => {
    const own = defineFields({ [name]: { type: 'number', read: () => 5 } });
    expect(own.compile(parseFilter(`${name}=5`, { fields: own }).filter)({})).toBe(true);
  });

  it.each(['and', 'filter', 'Upper', 'a b', 'x=', 'a.', 'a..b', '1a'])(
    'the name %j is refused for a field: no text could contain it',
    name => {
      expect(() => defineFields({ [name]: { type: 'number', read: () => 1 } })).toThrow(TypeError);
    },
  );

  it('a name that two fields share is refused', () => {
    expect(() =>
      defineFields({
        one: { type: 'number', read: () => 1 },
        two: { type: 'number', aliases: ['one'], read: () => 1 },
      }),
    ).toThrow(/'one'/);
  });
});

it('a field table cannot be changed: a field added later would be parsed, and never evaluated', () => {
  expect(Object.isFrozen(FIELDS)).toBe(true);
  expect(FIELDS.every(Object.isFrozen)).toBe(true);
  expect(() => Object.assign(findField('src')!, { type: 'text' })).toThrow(TypeError);
});
