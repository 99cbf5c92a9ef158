import { checkTag } from '../../node-id.js';

/** The node of a subject whose fifth token is the node: presence, replies, events and flows. */
export const nodeOfSubject = (subject: string): string => subject.split('.', 5)[4] ?? '';

/** Who is asked by one message. */
export type Audience = 'all' | { readonly tag: string };

/**
 * The subjects of a fleet. Everything that a node publishes has the node's name in its subject, so that the broker's
 * permissions can hold each node to its own name.
 */
export class Subjects {
  readonly #prefix: string;

  constructor(readonly fleet: string) {
    checkTag(fleet);
    this.#prefix = `ct.v1.${fleet}`;
  }

  /** Requests to one node. */
  request(node: string): string {
    return `${this.#prefix}.node.${node}.req`;
  }
  /** Requests to all nodes, or to all nodes with a tag. */
  broadcast(audience: Audience): string {
    return audience === 'all' ? `${this.#prefix}.all.req` : `${this.#prefix}.tag.${audience.tag}.req`;
  }
  /** Frames of an exchange from the hub to the node. */
  control(node: string, hub: string, exchange: string): string {
    return `${this.#prefix}.node.${node}.ctl.${hub}.${exchange}`;
  }
  /** All control frames of a node. */
  controls(node: string): string {
    return `${this.#prefix}.node.${node}.ctl.*.*`;
  }
  /** Frames of an exchange from the node to the hub. */
  reply(kind: ReplyKind, node: string, hub: string, exchange: string): string {
    return `${this.#prefix}.${kind}.${node}.${hub}.${exchange}`;
  }
  /** All frames to a hub. */
  replies(kind: ReplyKind, hub: string): string {
    return `${this.#prefix}.${kind}.*.${hub}.*`;
  }
  /** Announcements of a node. */
  presence(node: string): string {
    return `${this.#prefix}.presence.${node}`;
  }
  /** Announcements of all nodes. */
  get presences(): string {
    return `${this.#prefix}.presence.*`;
  }
  /** A hub's question to all nodes to announce themselves now. */
  get who(): string {
    return `${this.#prefix}.who`;
  }
  /** Ended flows of a node. */
  flows(node: string): string {
    return `${this.#prefix}.flows.${node}`;
  }
  /** Ended flows of all nodes. */
  get allFlows(): string {
    return `${this.#prefix}.flows.*`;
  }
  /** The prefix of a node's own inboxes, below the subjects that only this node may read. */
  inbox(node: string): string {
    return `${this.#prefix}.node.${node}.inbox`;
  }
}

/** Where the frames of an answer go: event streams have subjects of their own. */
export type ReplyKind = 'reply' | 'events';
