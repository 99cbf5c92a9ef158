import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseQuery } from '@conntrack/filter';
import { connect, type NatsConnection, nkeyAuthenticator, nkeys } from '@nats-io/transport-node';
import { expect, onTestFinished, test } from 'vitest';
import { authority, party } from '../../../api/test/server/certificates.js';
import {
  FlowPublisher,
  FlowSource,
  hubPermissions,
  nodePermissions,
  type Permissions,
  readerPermissions,
} from '../../src/nats/index.js';
import { requestMessage } from '../../src/nats/wire/request.js';
import { Subjects } from '../../src/nats/wire/subjects.js';
import { hasBroker, startBroker, type TestBroker } from './broker.js';
import { flows, TOKEN, tokenOf } from './data.js';
import { authorized, connectHub, makeNode, startNode } from './fleet.js';

const brokered = test.skipIf(!hasBroker);
const subjects = new Subjects('edge');
const CERTIFICATES = fileURLToPath(new URL('../../../api/test/server/certificates/', import.meta.url));

/** A user of the broker: its public key for the configuration, its seed for the program. */
interface User {
  readonly nkey: string;
  readonly seed: string;
}

function makeUser(): User {
  const pair = nkeys.createUser();
  return { nkey: pair.getPublicKey(), seed: new TextDecoder().decode(pair.getSeed()) };
}

const list = (texts: readonly string[]): string => `[${texts.map(text => JSON.stringify(text)).join(', ')}]`;
const userText = ({ nkey }: User, { publish, subscribe }: Permissions): string =>
  `{ nkey: ${nkey}, permissions: { publish: ${list(publish)}, subscribe: ${list(subscribe)} } }`;

/** The configuration of the documentation: one account, a user for the hub and for each node. */
const configOf = (hub: User, nodes: Readonly<Record<string, User>>, reader: User): string => `
jetstream { store_dir: "$DIR/js" }
accounts {
  CONNTRACK {
    jetstream: enabled
    users: [
      ${userText(hub, hubPermissions('edge', 'noc'))}
      ${userText(reader, readerPermissions('edge', 'history'))}
      ${Object.entries(nodes)
        .map(([node, user]) => userText(user, nodePermissions('edge', node, ['gw'])))
        .join('\n      ')}
    ]
  }
  OTHER { users: [{ user: other, password: other }] }
}`;

interface Guarded {
  readonly broker: TestBroker;
  readonly hub: User;
  readonly reader: User;
  readonly nodes: { readonly 'gw-1': User; readonly 'gw-2': User };
}

async function guardedBroker(more = '', scheme = 'nats'): Promise<Guarded> {
  const hub = makeUser();
  const nodes = { 'gw-1': makeUser(), 'gw-2': makeUser() };
  const reader = makeUser();
  return { broker: await startBroker(configOf(hub, nodes, reader) + more, scheme), hub, nodes, reader };
}

/** Connects with a credential, as a thief does, and collects what it hears and what the broker refuses. */
async function thief({ url }: TestBroker, user: User) {
  const connection: NatsConnection = await connect({
    servers: url.slice('nats://'.length),
    authenticator: nkeyAuthenticator(new TextEncoder().encode(user.seed)),
  });
  onTestFinished(() => connection.close());
  const heard: string[] = [];
  const refused: string[] = [];
  void (async () => {
    for await (const status of connection.status()) if (status.type === 'error') refused.push(status.error.message);
  })();
  return {
    heard,
    refused,
    listen: (subject: string) =>
      void connection.subscribe(subject, { callback: (error, message) => void (error || heard.push(message.subject)) }),
    publish: (subject: string, message: Uint8Array | string = '') => connection.publish(subject, message),
    flush: () => connection.flush(),
  };
}

brokered('a fleet works with the permissions of the documentation: requests, answers, events, tags', async () => {
  const { broker, hub, nodes } = await guardedBroker();
  const refused: string[] = [];
  const node = await startNode('gw-1', { servers: broker.url, credentials: nodes['gw-1'].seed, tags: ['gw'] });
  const asked = await connectHub(broker.url, {
    ...{ credentials: hub.seed, hub: 'noc', refused: error => refused.push(error.message) },
  });
  const [member] = asked.inventory.members();
  expect(await member!.table.count()).toBe(3);
  const answers = await asked.ask({ to: { tag: 'gw' }, path: '/conntrack/count', headers: authorized() });
  expect('response' in answers.get('gw-1')!).toBe(true);
  const events = await member!.table.events();
  const seen: string[] = [];
  const read = (async () => {
    for await (const { type } of events) seen.push(type);
  })();
  for await (const flow of node.table.list({ limit: 1 })) await node.table.delete(flow);
  await expect.poll(() => seen).toContain('destroy');
  events.close();
  await read;
  expect([refused, node.reports.map(({ type }) => type)]).toEqual([[], ['joined']]);
});

brokered('a stolen credential of a node cannot ask other nodes, read requests to them or their answers', async () => {
  const { broker, hub, nodes } = await guardedBroker();
  const victim = await startNode('gw-2', { servers: broker.url, credentials: nodes['gw-2'].seed });
  const asked = await connectHub(broker.url, { credentials: hub.seed, hub: 'noc' });
  const { heard, refused, listen, publish, flush } = await thief(broker, nodes['gw-1']);
  const forbidden = [
    subjects.request('gw-2'),
    subjects.controls('gw-2'),
    subjects.presences,
    subjects.presence('gw-2'),
    subjects.replies('reply', 'noc'),
    subjects.reply('reply', 'gw-2', 'noc', '*'),
    subjects.reply('events', 'gw-2', '*', '*'),
    subjects.flows('gw-2'),
    subjects.allFlows,
    `${subjects.inbox('gw-2')}.>`,
    'ct.>',
    '>',
    '_INBOX.>',
  ];
  for (const subject of forbidden) listen(subject);
  await flush();
  await expect.poll(() => refused.length).toBe(forbidden.length);
  // With a token that every node accepts, even.
  const message = requestMessage({
    ...{ hub: 'noc', exchange: '1', reply: 'reply', sign: 1_000, credit: 65_536 },
    ...{ method: 'DELETE', path: '/conntrack?mark=1', headers: Object.entries(authorized()) },
  });
  const published = [
    subjects.request('gw-2'),
    subjects.request('gw-1'),
    subjects.broadcast('all'),
    subjects.broadcast({ tag: 'gw' }),
  ];
  for (const subject of published) publish(subject, message);
  await flush();
  await expect.poll(() => refused.length).toBe(forbidden.length + published.length);
  expect(await asked.inventory.members()[0]!.table.count()).toBe(3);
  expect(victim.requests).toEqual(['GET /conntrack/count']);
  expect(heard).toEqual([]);
});

brokered('a stolen credential of a node cannot announce or answer as another node', async () => {
  const { broker, hub, nodes } = await guardedBroker();
  await startNode('gw-2', { servers: broker.url, credentials: nodes['gw-2'].seed });
  const asked = await connectHub(broker.url, { credentials: hub.seed, hub: 'noc' });
  const { instance } = asked.nodes()[0]!;
  const { refused, publish, flush } = await thief(broker, nodes['gw-1']);
  const forged = [
    subjects.presence('gw-2'),
    subjects.reply('reply', 'gw-2', 'noc', '0'),
    subjects.flows('gw-2'),
    subjects.who,
  ];
  for (const subject of forged) publish(subject, '{}');
  // Its own name is all it has: a frame of a request that it was never asked goes nowhere.
  publish(subjects.reply('reply', 'gw-1', 'noc', '0'), new Uint8Array([1, 0, 0, 0, 0]));
  await flush();
  await expect.poll(() => refused.length).toBe(forged.length);
  expect(await asked.inventory.members()[0]!.table.count()).toBe(3);
  expect(asked.nodes().map(({ id, state, instance: now }) => [id, state, now])).toEqual([['gw-2', 'up', instance]]);
});

brokered('a user of another account of the broker hears and reaches nothing', async () => {
  const { broker, hub, nodes } = await guardedBroker();
  const node = await startNode('gw-1', { servers: broker.url, credentials: nodes['gw-1'].seed });
  const asked = await connectHub(broker.url, { credentials: hub.seed, hub: 'noc' });
  const other = broker.url.replace('//', '//other:other@');
  const stranger = await connectHub(other);
  expect(stranger.nodes()).toEqual([]);
  expect(await asked.inventory.members()[0]!.table.count()).toBe(3);
  expect(node.requests).toHaveLength(1);
});

brokered('a wrong credential is an error of a hub, and an agent tries again', async () => {
  const { broker } = await guardedBroker();
  const stranger = makeUser();
  await expect(connectHub(broker.url, { credentials: stranger.seed })).rejects.toMatchObject({
    code: 'BROKER_UNUSABLE',
    message: expect.stringMatching(/Authorization/i),
  });
  const { reports, agent } = makeNode('gw-1', { servers: broker.url, credentials: stranger.seed });
  await expect.poll(() => reports.length).toBeGreaterThan(1);
  expect(reports[0]).toMatchObject({ type: 'disconnected', reason: expect.stringMatching(/Authorization/i) });
  expect(agent.joined).toBe(false);
});

brokered('with TLS the broker and the programs check certificates of each other', async () => {
  const { broker, hub, nodes } = await guardedBroker(
    `\ntls { cert_file: "${CERTIFICATES}server.pem", key_file: "${CERTIFICATES}server.key", ca_file: "${CERTIFICATES}ca.pem", verify: true }`,
    'tls',
  );
  const tls = { ca: authority, ...party('controller') };
  await startNode('gw-1', { servers: broker.url, credentials: nodes['gw-1'].seed, tls });
  const asked = await connectHub(broker.url, { credentials: hub.seed, hub: 'noc', tls });
  expect(await asked.inventory.members()[0]!.table.count()).toBe(3);
  // The CA of the broker's certificate is not among those of Node.
  await expect(connectHub(broker.url, { credentials: hub.seed, hub: 'noc' })).rejects.toThrow(/certificate/i);
});

brokered('a program with a tls:// URL does not speak to a broker without TLS', async () => {
  const broker = await startBroker('', 'tls');
  await expect(connectHub(broker.url)).rejects.toMatchObject({
    code: 'BROKER_UNUSABLE',
    message: expect.stringMatching(/tls/i),
  });
});

brokered('each node checks the scopes and the limit of a token, and whether it has expired', async () => {
  const broker = await startBroker();
  const reader = 'reader-token-of-the-test';
  const tenant = 'tenant-token-of-the-test';
  const expired = 'expired-token-of-the-test';
  await startNode('gw-1', {
    servers: broker.url,
    flows: flows(10),
    accepted: [
      tokenOf('tester', TOKEN),
      tokenOf('reader', reader, ['flows:read']),
      { ...tokenOf('tenant', tenant), filter: parseQuery('mark=1').filter },
      { ...tokenOf('expired', expired), expires: new Date(0) },
    ],
  });
  const hub = await connectHub(broker.url);
  const ask = async (token: string, path: string, method = 'GET') => {
    const response = await hub.fetchOf('gw-1')(`http://gw-1${path}`, { method, headers: authorized(token) });
    return (await response.json()) as { code?: string; count?: number };
  };
  expect((await ask(tenant, '/conntrack/count')).count).toBe(5);
  expect((await ask(TOKEN, '/conntrack/count')).count).toBe(10);
  expect((await ask(reader, '/conntrack?mark=1', 'DELETE')).code).toBe('scope-missing');
  expect((await ask(expired, '/conntrack/count')).code).toBe('unauthenticated');
  expect((await ask('no-token-of-this-server', '/conntrack/count')).code).toBe('unauthenticated');
});

brokered('the audit line of a node has the request id of the hub', async () => {
  const broker = await startBroker();
  const { lines } = await startNode('gw-1', { servers: broker.url });
  const hub = await connectHub(broker.url);
  const headers = { ...authorized(), 'x-request-id': 'hub-request-77' };
  const response = await hub.fetchOf('gw-1')('http://gw-1/conntrack?mark=1', { method: 'DELETE', headers });
  expect([response.status, response.headers.get('x-request-id')]).toEqual([200, 'hub-request-77']);
  expect(lines).toContainEqual(
    expect.objectContaining({ event: 'audit', requestId: 'hub-request-77', principal: 'tester', outcome: 'ok' }),
  );
});

brokered('recorded flows pass with the permissions of a node and of a reader', async () => {
  const { broker, nodes, reader } = await guardedBroker();
  const servers = broker.url;
  await using source = await FlowSource.open({ servers, fleet: 'edge', reader: 'history', credentials: reader.seed });
  await using flows = FlowPublisher.start({
    servers,
    fleet: 'edge',
    node: 'gw-1',
    credentials: nodes['gw-1'].seed,
    delay: 5,
  });
  flows.write('{"type":"end","time":"2026-11-30T14:03:00Z","flow":{}}\n', 1);
  for await (const row of source.rows()) {
    expect(row).toMatchObject({ node: 'gw-1', type: 'end' });
    break;
  }
});

test('the configuration of the documentation has the permissions of nodes and hubs', () => {
  const page = readFileSync(new URL('../../../../apps/docs/fleet.md', import.meta.url), 'utf8');
  const lists = [...page.matchAll(/^ +(?:publish|subscribe): (\[.*\])$/gm)].map(
    ([, text]) => JSON.parse(text!) as string[],
  );
  const [hub, node] = [hubPermissions('edge', 'noc'), nodePermissions('edge', 'gw-7', ['gateway'])];
  expect(lists.map(each => each.sort())).toEqual(
    [hub.publish, hub.subscribe, node.publish, node.subscribe].map(each => [...each].sort()),
  );
});
