import { COLUMNS, findColumn } from '@conntrack/flow/columns';
import { expect, test } from 'vitest';
import { FIELDS, findField } from '../../src/index.js';

/** Fields that are made from several members of a flow, or from its event: they have no place in a flow. */
const MADE = 'addr port pair age nat src-nat dst-nat any-nat unreplied assured offload sctp.vtag event'.split(' ');

test('every field with one place in a flow is a column of the same name', () => {
  const missing = FIELDS.filter(({ name }) => findColumn(name) === undefined).map(({ name }) => name);
  expect(missing.sort()).toEqual([...MADE].sort());
});

test('the name of a column is a field of the language, or a member of a flow that filters do not use', () => {
  const others = COLUMNS.filter(({ name }) => findField(name) === undefined).map(({ name }) => name);
  expect(others).toEqual([
    ...['key', 'reply.icmp.type', 'reply.icmp.code', 'reply.icmp.id', 'delta-time'],
    ...['protoinfo', 'seqadj', 'synproxy', 'master', 'progname', 'unknown', 'extra', 'original', 'reply'],
  ]);
});
