import { checkNodeId, checkTag } from '../node-id.js';
import { streamOf } from './flows/row.js';
import { Subjects } from './wire/subjects.js';

/** The subjects that a user of the broker may publish to and subscribe to. */
export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/**
 * The permissions of a node. It can answer for itself alone, and see nothing of other nodes: neither requests to them,
 * nor their answers.
 *
 * @throws FleetError NODE_INVALID
 */
export function nodePermissions(fleet: string, node: string, tags: readonly string[] = []): Permissions {
  const subjects = new Subjects(fleet);
  checkNodeId(node);
  for (const tag of tags) checkTag(tag);
  return {
    publish: [
      subjects.presence(node),
      subjects.reply('reply', node, '*', '*'),
      subjects.reply('events', node, '*', '*'),
      subjects.flows(node),
    ],
    subscribe: [
      subjects.who,
      subjects.presence(node),
      subjects.request(node),
      subjects.controls(node),
      `${subjects.inbox(node)}.>`,
      subjects.broadcast('all'),
      ...tags.map(tag => subjects.broadcast({ tag })),
    ],
  };
}

/**
 * The permissions of a hub. With a name of its own, it cannot see what nodes answer to other hubs.
 *
 * @param hub the hub's name. Default: any
 * @throws FleetError NODE_INVALID
 */
export function hubPermissions(fleet: string, hub = '*'): Permissions {
  const subjects = new Subjects(fleet);
  return {
    publish: [
      subjects.who,
      subjects.request('*'),
      subjects.control('*', hub, '*'),
      subjects.broadcast('all'),
      subjects.broadcast({ tag: '*' }),
    ],
    subscribe: [subjects.presences, subjects.replies('reply', hub), subjects.replies('events', hub)],
  };
}

/**
 * The permissions of a reader of the fleet's recorded flows: it manages the stream of this fleet and its own position.
 *
 * @throws FleetError NODE_INVALID
 */
export function readerPermissions(fleet: string, reader: string): Permissions {
  checkTag(fleet);
  checkTag(reader);
  const stream = streamOf(fleet);
  const api = '$JS.API';
  return {
    publish: [
      `${api}.INFO`,
      ...['INFO', 'CREATE'].map(verb => `${api}.STREAM.${verb}.${stream}`),
      `${api}.CONSUMER.INFO.${stream}.${reader}`,
      `${api}.CONSUMER.CREATE.${stream}.${reader}.>`,
      `${api}.CONSUMER.CREATE.${stream}.${reader}`,
      `${api}.CONSUMER.DURABLE.CREATE.${stream}.${reader}`,
      `${api}.CONSUMER.MSG.NEXT.${stream}.${reader}`,
      `$JS.ACK.${stream}.${reader}.>`,
    ],
    subscribe: ['_INBOX.>'],
  };
}
