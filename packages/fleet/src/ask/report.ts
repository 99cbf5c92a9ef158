import type { FleetMeta, NodeFailure } from '@conntrack/flow/table';

/** Collects which nodes were asked and how each answered, over all calls of one request. */
export class FleetReport {
  readonly #asked = new Set<string>();
  readonly #silent = new Set<string>();
  readonly #failed = new Map<string, NodeFailure>();

  asked(node: string): void {
    this.#asked.add(node);
  }

  /** The node did not answer within the deadline. */
  silent(node: string): void {
    this.#silent.add(node);
  }

  failed(failure: NodeFailure): void {
    this.#failed.set(failure.node, failure);
  }

  /** Whether every node that was asked has answered. */
  get complete(): boolean {
    return this.#silent.size === 0 && this.#failed.size === 0;
  }

  meta(): FleetMeta {
    const failed = [...this.#failed.values()].sort((one, other) => (one.node < other.node ? -1 : 1));
    // A node that was silent once and failed once is named once.
    const silent = [...this.#silent].filter(node => !this.#failed.has(node)).sort();
    return { asked: this.#asked.size, answered: this.#asked.size - silent.length - failed.length, silent, failed };
  }
}

/** The nodes without a complete answer, in one sentence. */
export function missingText({ silent, failed }: FleetMeta): string {
  const parts = [
    ...(silent.length > 0 ? [`no answer from ${namesOf(silent)}`] : []),
    ...(failed.length > 0 ? [`errors from ${namesOf(failed.map(({ node, code }) => `${node} (${code})`))}`] : []),
  ];
  return parts.join('; ');
}

const SHOWN = 10;

const namesOf = (names: readonly string[]): string =>
  names.length <= SHOWN ? names.join(', ') : `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`;
