import type { EventRecord } from '@conntrack/client/protocol';
import type { Flow } from '@conntrack/flow';
import { expect } from 'vitest';

/** Any member of any record. */
export type AnyRecord = Record<string, unknown> & {
  type: EventRecord['type'];
  position: string;
  flow?: Flow;
  count?: number | null;
};

/** The records of an NDJSON response. Leaving the loop ends the stream. */
export async function* recordsOf(response: Response): AsyncGenerator<AnyRecord> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body!) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line !== '') yield JSON.parse(line) as AnyRecord;
  }
  expect(rest).toBe('');
}

/** Returns the next `count` records. */
export async function take(records: AsyncGenerator<AnyRecord>, count: number): Promise<AnyRecord[]> {
  const taken: AnyRecord[] = [];
  while (taken.length < count) {
    const { value, done } = await records.next();
    if (done) throw new Error(`the stream ended behind ${JSON.stringify(taken)}`);
    taken.push(value);
  }
  return taken;
}

/** Returns records up to the first that matches. */
export async function takeUntil(
  records: AsyncGenerator<AnyRecord>,
  fits: (record: AnyRecord) => boolean,
): Promise<AnyRecord[]> {
  const taken: AnyRecord[] = [];
  do taken.push(...(await take(records, 1)));
  while (!fits(taken.at(-1)!));
  return taken;
}

/** A record in one or two words. */
export const brief = ({ type, flow, count, where, synced }: AnyRecord): string =>
  [type, where, count, flow && `mark ${flow.mark ?? 0}`, synced && 'synced']
    .filter(part => part !== undefined)
    .join(' ');
