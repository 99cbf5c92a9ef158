import type { Flow } from '@conntrack/flow';

/** The fields that few flows have. They are kept as objects beside the columns. */
export type RareFields = Pick<
  Flow,
  'labels' | 'secctx' | 'secmark' | 'helper' | 'start' | 'protoinfo' | 'seqadj' | 'synproxy' | 'master' | 'unknown'
> & {
  /** Packets of each direction that are too many for their column. */
  packets?: [number | undefined, number | undefined];
};

/** The names of the rare fields, in the order of a flow's fields. */
export const RARE_NAMES = [
  'labels',
  'secctx',
  'secmark',
  'helper',
  'start',
  'protoinfo',
  'seqadj',
  'synproxy',
  'master',
  'unknown',
] as const satisfies readonly (keyof Flow)[];

/** Copies the rare fields that a flow has. Returns `undefined` if it has none. */
export function rareFieldsOf(flow: Flow): RareFields | undefined {
  let rare: Record<string, unknown> | undefined;
  for (const name of RARE_NAMES) {
    const value = flow[name];
    if (value === undefined) continue;
    rare ??= {};
    rare[name] = value;
  }
  return rare as RareFields | undefined;
}
