import { describe, expect, it } from 'vitest';
import { type CompleteOptions, type Completion, complete } from '../../src/complete.js';
import { FIELDS, findField } from '../../src/index.js';

/** The completions at the `^` in a text, or at its end. */
function at(marked: string, options?: CompleteOptions): { from: number; to: number; items: Completion[] } {
  const place = marked.indexOf('^');
  return place < 0
    ? complete(marked, marked.length, options)
    : complete(marked.slice(0, place) + marked.slice(place + 1), place, options);
}
const names = (marked: string, options?: CompleteOptions): string[] =>
  at(marked, options).items.map(({ text }) => text);

const CLASSES = ['private', 'loopback', 'link-local', 'multicast', 'shared'];
const EVERYTHING = [...FIELDS.map(({ name }) => name), 'not', 'all', ...CLASSES.map(name => `${name}(`), 'pair('];
const ADDRESSES = ['src', 'dst', 'reply.src', 'reply.dst', 'addr'];
const JOIN = ['and', 'or'];
const ORDER = ['==', '!=', 'in', 'not in', '>', '>=', '<', '<=', 'exists'];

describe('what may follow in an expression', () => {
  it.each<[string, string[]]>([
    // A predicate.
    ['', EVERYTHING],
    ['(', EVERYTHING],
    ['((', EVERYTHING],
    ['not ', EVERYTHING],
    ['!', EVERYTHING],
    ['proto == tcp and ', EVERYTHING],
    ['proto == tcp or ', EVERYTHING],
    ['proto == tcp && ', EVERYTHING],
    ['proto == tcp || ', EVERYTHING],
    ['proto == tcp and (', EVERYTHING],
    ['proto == tcp and not ', EVERYTHING],
    ['proto == tcp and not (', EVERYTHING],
    ['unreplied and ', EVERYTHING],
    ['proto == tcp (', EVERYTHING],
    ['proto == tcp not ', EVERYTHING],
    ['proto == tcp !', EVERYTHING],
    [', ', EVERYTHING],
    // An operator.
    ['dport ', ORDER],
    ['DPORT ', ORDER],
    ['orig-port-dst ', ORDER],
    ['proto == tcp and (dport ', ORDER],
    ['proto == tcp dport ', ORDER],
    ['not dport ', ORDER],
    ['mark & 0xff ', ORDER],
    ['proto ', ['==', '!=', 'in', 'not in', 'exists']],
    ['status ', ['==', '!=', 'in', 'not in', 'all', 'exists']],
    ['pair ', ['==', '!=', 'in', 'not in']],
    ['unreplied ', JOIN],
    ['src-nat ', [...JOIN, '==', '!=', 'in', 'not in']],
    ['nonsense ', []],
    ['mark &', []],
    ['mark & ', []],
    // A value.
    ['family == ', ['ipv4', 'ipv6']],
    ['family in {', ['ipv4', 'ipv6']],
    ['family not in {', ['ipv4', 'ipv6']],
    ['family not in {ipv4, ', ['ipv4', 'ipv6']],
    ['family == ipv4, ', ['ipv4', 'ipv6']],
    ['family == ipv4, ipv6, ', ['ipv4', 'ipv6']],
    ['dport == 80 and family == ipv4, ', ['ipv4', 'ipv6']],
    ['src == ', CLASSES],
    ['pair == ', CLASSES],
    ['mark == ', []],
    ['label == ', []],
    ['nonsense == ', []],
    // A joining word.
    ['all ', JOIN],
    ['proto == tcp ', JOIN],
    ['proto == "tcp" ', JOIN],
    ['helper exists ', JOIN],
    ['(proto == tcp) ', JOIN],
    ['(unreplied) ', JOIN],
    ['not (all) ', JOIN],
    ['family in {ipv4} ', JOIN],
    ['family in {ipv4, ipv6} ', JOIN],
    ['(family in {ipv4}) ', JOIN],
    ['private(src) ', JOIN],
    ['mark & 0xff == 1 ', JOIN],
    // Inside of lists and calls.
    ['family in {ipv4 ', [',', '}']],
    ['family in {ipv4, ipv6 ', [',', '}']],
    ['family in {ipv4 and dport == 1 ', JOIN],
    ['private(', ADDRESSES],
    ['private(src ', ADDRESSES],
    ['not private(', ADDRESSES],
  ])('completions of an expression after %j', (text, expected) => {
    expect(names(text, { syntax: 'expression' })).toEqual(expected);
  });
});

describe('what may follow in a query string', () => {
  const KEYS = FIELDS.map(({ name, type }) => (type === 'flag' || type === 'nat' ? name : `${name}=`));

  it.each<[string, string[], CompleteOptions?]>([
    ['', [...KEYS, 'filter=']],
    ['proto=tcp&', [...KEYS, 'filter=']],
    ['', [...KEYS, 'limit=', 'cursor=', 'filter='], { params: ['limit', 'cursor'] }],
    ['fil', ['filter=']],
    ['dport.', ['dport.not=', 'dport.gt=', 'dport.gte=', 'dport.lt=', 'dport.lte=', 'dport.exists=']],
    ['dport.g', ['dport.gt=', 'dport.gte=']],
    ['status.', ['status.not=', 'status.all=', 'status.exists=']],
    ['orig-dst.', ['orig-dst.not=', 'orig-dst.exists=']],
    [
      'reply.',
      [
        'reply.src=',
        'reply.dst=',
        'reply.sport=',
        'reply.dport=',
        'reply.bytes=',
        'reply.packets=',
        'reply.rate=',
        'reply.zone=',
        'reply.gre.srckey=',
        'reply.gre.dstkey=',
        'reply.sctp.vtag=',
      ],
    ],
    ['nonsense.', []],
    ['.', []],
    ['family=', ['ipv4', 'ipv6']],
    ['family!=', ['ipv4', 'ipv6']],
    ['family.not=', ['ipv4', 'ipv6']],
    ['family=ipv4,', ['ipv4', 'ipv6']],
    ['family=ipv4,^ipv6', ['ipv4', 'ipv6']],
    ['family=^,ipv4,', ['ipv4', 'ipv6']],
    ['src=', CLASSES],
    ['family.exists=', ['true', 'false']],
    ['family.EXISTS=', ['true', 'false']],
    ['unreplied=', ['true', 'false']],
    ['src-nat.exists=', ['true', 'false']],
    ['src-nat=', []],
    ['nonsense=', []],
    ['dport=1&family=', ['ipv4', 'ipv6']],
    ['dport=1,2&family=', ['ipv4', 'ipv6']],
    ['filter=family == ', ['ipv4', 'ipv6']],
    ['dport=1&filter=family == ', ['ipv4', 'ipv6']],
    ['dport=1&filter=unreplied ', JOIN],
    // Percent-encoded, an expression cannot be continued.
    ['filter=family%20==%20', []],
  ])('completions of a query string after %j', (text, expected, options) => {
    expect(names(text, { syntax: 'query', ...options })).toEqual(expected);
  });
});

describe('a proposal', () => {
  it('a completion has its kind, and a few words of description', () => {
    const { items } = at('', { syntax: 'expression' });
    const of = (text: string): Completion | undefined => items.find(item => item.text === text);
    expect(of('dport')).toEqual({ text: 'dport', kind: 'field', detail: 'destination port, original direction' });
    expect(of('not')).toEqual({ text: 'not', kind: 'keyword' });
    expect(of('shared(')).toEqual({ text: 'shared(', kind: 'function', detail: '100.64.0.0/10' });
    expect(of('loopback(')).toEqual({ text: 'loopback(', kind: 'function', detail: '127.0.0.0/8 ::1/128' });
    expect(of('pair(')).toEqual({
      text: 'pair(',
      kind: 'function',
      detail: 'two addresses or networks, one at each end',
    });
    expect(at('private(s').items).toEqual([
      { text: 'src', kind: 'field', detail: 'source address, original direction' },
    ]);
    expect(at('proto n').items).toEqual([{ text: 'not in', kind: 'operator' }]);
    expect(at('unreplied an').items).toEqual([{ text: 'and', kind: 'keyword' }]);
    expect(at('family == ipv6 or family == ipv4').items).toEqual([]);
    expect(at('family == i').items).toEqual([
      { text: 'ipv4', kind: 'value' },
      { text: 'ipv6', kind: 'value' },
    ]);
    const options: CompleteOptions = { syntax: 'query', params: ['limit'] };
    expect(at('lim', options).items).toEqual([{ text: 'limit=', kind: 'param' }]);
    expect(at('fil', options).items).toEqual([{ text: 'filter=', kind: 'param', detail: 'an expression' }]);
    expect(at('dport.ex', options).items).toEqual([{ text: 'dport.exists=', kind: 'operator' }]);
    expect(at('unreplied=f', options).items).toEqual([{ text: 'false', kind: 'keyword' }]);
  });

  it('completions begin with the typed text, in any case, and are not the typed text itself', () => {
    expect(names('state == TIME_W')).toEqual(['TIME_WAIT']);
    expect(names('state == time_w')).toEqual(['TIME_WAIT']);
    expect(names('state == TIME_WAIT')).toEqual([]);
    expect(names('state == time_wait')).toEqual(['TIME_WAIT']);
  });

  it.each([
    ['proto == tc^', 9, 11],
    ['proto == tc^ and x', 9, 11],
    ['proto == ^tcp', 9, 9],
    ['proto ==^', 8, 8],
    ['proto == "tc^', 12, 12],
    ['family in {ipv4,^', 16, 16],
    ['dp^ort == 80', 0, 2],
  ])('in the expression %j the completion replaces %i to %i', (marked, from, to) => {
    expect(at(marked, { syntax: 'expression' })).toMatchObject({ from, to });
  });

  it.each([
    ['proto=t^cp', 6, 7],
    ['proto=tcp,u^', 10, 11],
    ['proto=^tcp,udp', 6, 6],
    ['dport=1,2&proto=t^', 16, 17],
    ['dport=1&pro^to=tcp', 8, 11],
    ['dport=1&filter=proto == t^', 24, 25],
    ['dport>=1^', 7, 8],
  ])('in the query string %j the completion replaces %i to %i', (marked, from, to) => {
    expect(at(marked, { syntax: 'query' })).toMatchObject({ from, to });
  });

  it('completion uses the syntax of the text before the position', () => {
    expect(names('dport=80&fam')).toEqual(['family=']);
    expect(names('dport == 80 and fam')).toEqual(['family']);
    expect(names('fam^=ipv4&dport=80')).toEqual(['family']);
    expect(names('fam^=ipv4', { syntax: 'query' })).toEqual(['family=']);
  });

  it('a position outside of the text is moved to its nearest end', () => {
    expect(complete('fam', 99)).toEqual(complete('fam', 3));
    expect(complete('fam', -5)).toEqual(complete('fam', 0));
    expect(complete('fam')).toEqual(complete('fam', 3));
  });
});

it('completion offers every field by a name that is found again', () => {
  for (const { text, kind } of at('', { syntax: 'expression' }).items)
    if (kind === 'field') expect(findField(text)?.name).toBe(text);
});
