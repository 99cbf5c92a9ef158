import type { Filter } from '@conntrack/filter';
import { type FleetMeta, TableError } from '@conntrack/flow/table';
import { type Answer, type Asking, askEach, hasValue } from './ask/ask-each.js';
import { checkNodes, filterFor, testsNode } from './ask/node-filter.js';
import { FleetReport, missingText } from './ask/report.js';
import { DEADLINE, type FleetOptions } from './fleet-options.js';
import type { Member } from './member.js';

/** A request to a fleet: its id goes to all nodes, and its report says who answered. */
export interface FleetRequest {
  readonly id?: string;
  readonly report: FleetReport;
}

/** A node to ask, with the part of the filter that it can decide. */
export interface Target {
  readonly member: Member;
  readonly filters: readonly Filter[];
  /** The places of these filters among those of the caller. */
  readonly places: readonly number[];
}

/** The nodes of a fleet, as one request sees them. */
export class Nodes {
  readonly report: FleetReport;
  readonly deadline: number;
  readonly #options: FleetOptions;
  readonly #id: string | undefined;

  constructor(options: FleetOptions, request: FleetRequest = { report: new FleetReport() }) {
    this.#options = options;
    this.report = request.report;
    this.#id = request.id;
    this.deadline = options.deadline ?? DEADLINE;
  }

  /** The members that can be asked, by name. Names that two hosts have are reported as failed. */
  members(): Member[] {
    const { inventory, tags = [] } = this.#options;
    const byName = new Map<string, Member[]>();
    for (const member of inventory.members())
      if (tags.every(tag => member.tags.includes(tag)))
        byName.set(member.id, [...(byName.get(member.id) ?? []), member]);
    return [...byName]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .flatMap(([node, [member, ...more]]) => {
        if (more.length === 0) return [this.#forRequest(member!)];
        this.report.asked(node);
        const detail = `${more.length + 1} hosts have the name '${node}'. None of them was asked`;
        this.report.failed({ node, code: 'duplicate-node', detail });
        return [];
      });
  }

  /** The nodes whose flows can match one of the filters. @throws TableError FIELD_UNAVAILABLE for the name of a node that does not exist */
  targets(filters: readonly Filter[]): Target[] {
    const about = filters.some(testsNode);
    if (about) {
      const names = new Set(this.#options.inventory.members().map(({ id }) => id));
      for (const filter of filters) checkNodes(filter, names);
    }
    return this.members().flatMap(member => {
      const own = filters.flatMap((filter, place) => {
        const rest = about ? filterFor(member.id, filter) : filter;
        return rest === undefined ? [] : [{ rest, place }];
      });
      if (own.length === 0) return [];
      return [{ member, filters: own.map(({ rest }) => rest), places: own.map(({ place }) => place) }];
    });
  }

  /** The member with a name. @throws TableError SOURCE_FAILED */
  member(node: string): Member {
    const found = this.members().find(({ id }) => id === node);
    if (found !== undefined) return found;
    const { failed } = this.report.meta();
    const why = failed.find(each => each.node === node)?.detail ?? `no node '${node}' in this fleet`;
    throw new TableError('SOURCE_FAILED', why);
  }

  /** Asks one node. @throws TableError its own error, or SOURCE_FAILED if it is silent */
  async one<T>(
    member: Member,
    signal: AbortSignal | undefined,
    call: (member: Member, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const [answer] = await askEach([member], this.asking(signal, new FleetReport()), call);
    this.report.asked(member.id);
    if (answer !== undefined && hasValue(answer)) return answer.value;
    // An error about the flow is an answer.
    if (answer?.error instanceof TableError && answer.error.code !== 'SOURCE_FAILED') throw answer.error;
    if (answer?.failure !== undefined) this.report.failed(answer.failure);
    else this.report.silent(member.id);
    throw this.#noAnswer(answer === undefined ? [] : [answer]);
  }

  /** Asks several nodes at once, and returns the values of those that answered. @throws TableError if none of them did */
  async each<T>(
    targets: readonly Target[],
    signal: AbortSignal | undefined,
    call: (target: Target, signal: AbortSignal) => Promise<T>,
  ): Promise<{ node: string; target: Target; value: T }[]> {
    const byMember = new Map(targets.map(target => [target.member, target]));
    const answers = await askEach([...byMember.keys()], this.asking(signal), (member, own) =>
      call(byMember.get(member)!, own),
    );
    const values = answers.filter(hasValue);
    if (values.length === 0 && answers.length > 0) throw this.#noAnswer(answers);
    if (values.length === 0) this.requireAnswer();
    return values.map(({ member, value }) => ({ node: member.id, target: byMember.get(member)!, value }));
  }

  /** The filter for one node; `undefined` if no flow of this node can match. */
  filterFor(node: string, filter: Filter): Filter | undefined {
    return filterFor(node, filter);
  }

  /** Refuses an empty answer that is empty because no node answered. @throws TableError SOURCE_FAILED */
  requireAnswer(): void {
    const meta = this.report.meta();
    if (meta.answered === 0 && (meta.asked > 0 || this.members().length === 0))
      throw new TableError('SOURCE_FAILED', this.#text(meta));
  }

  asking(signal: AbortSignal | undefined, report = this.report): Asking {
    return { deadline: this.deadline, report, signal };
  }

  /** The error of a call that no node answered. What is wrong with the call itself is said in the words of a node. */
  #noAnswer(answers: readonly Answer<unknown>[]): unknown {
    const [first] = answers;
    if (first?.error instanceof TableError && answers.every(({ failure }) => failure?.code === first.failure!.code))
      return first.error.code === 'SOURCE_FAILED'
        ? new TableError('SOURCE_FAILED', this.#text(this.report.meta()), { cause: first.error })
        : first.error;
    return new TableError('SOURCE_FAILED', this.#text(this.report.meta()));
  }

  #text(meta: FleetMeta): string {
    return meta.asked === 0
      ? 'this fleet has no nodes'
      : `no node answered within ${this.deadline} ms: ${missingText(meta)}`;
  }

  #forRequest(member: Member): Member {
    return this.#id === undefined || member.forRequest === undefined
      ? member
      : { ...member, table: member.forRequest(this.#id) };
  }
}
