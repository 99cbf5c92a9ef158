import type { z } from '@hono/zod-openapi';
import { countBodyGarbage } from '../../limits/heap-growth.js';
import type { Ctx } from '../context.js';
import { faultsProblem } from '../problem/faults.js';
import { type Fault, Problem } from '../problem/problems.js';
import { readParameters } from '../query/query.js';
import { badStrings } from './bad-strings.js';
import { announcesBody, arriving, bodyTimeOf, supervise } from './body-arrival.js';
import { bodyFaults, WITH_VALUES } from './body-faults.js';
import { JsonBounds } from './json-bounds.js';
import { repeatedMembers } from './json-text.js';
import { BODY_LIMIT, LargeBodyPlace, turnFor } from './large-bodies.js';

const tooLarge = (): Problem => new Problem('body-too-large', `a body can have at most ${BODY_LIMIT} bytes`);

/**
 * Whether the request has a body. On a Node server the headers decide, because reading the stream's property would open
 * the stream.
 */
function hasBody(c: Ctx): boolean {
  const { incoming } = c.env ?? {};
  return incoming === undefined ? c.req.raw.body !== null : announcesBody(incoming);
}

/** Rejects a request with a body. For example, a filter in the body of a DELETE would be ignored. */
export function refuseBody(c: Ctx): void {
  if (hasBody(c) || c.get('body')?.text)
    throw new Problem('body-unexpected', 'this request must not have a body. Put the filter into the query string');
}

/**
 * The text of the whole body; it may be empty and have no content type. The text stays available until {@link
 * releaseBody}, and a large body occupies one of the few slots for large bodies until then.
 *
 * @param bounded whether JSON has to be within the limits of {@link JsonBounds} (default: true)
 * @throws Problem
 */
export async function bodyText(c: Ctx, { bounded = true }: { bounded?: boolean } = {}): Promise<string> {
  const known = c.get('body');
  if (known !== undefined) return known.text;
  if (Number(c.req.header('content-length') ?? 0) > BODY_LIMIT) throw tooLarge();
  const place = new LargeBodyPlace(c.get('caller'));
  try {
    const bounds = bounded && JSON_TYPE.test(typeOf(c)) ? new JsonBounds() : undefined;
    const text = await readText(c, place, bounds);
    c.set('body', { text, release: () => place.leave() });
    return text;
  } catch (error) {
    place.leave();
    throw error;
  }
}

/** Frees the text of the body and its slot. */
export function releaseBody(c: Ctx): void {
  const body = c.get('body');
  if (body === undefined) return;
  c.set('body', undefined);
  body.release();
}

/** The media type of the body, lower case, without its parameters. */
const typeOf = (c: Ctx): string => (c.req.header('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase();
const JSON_TYPE = /^application\/(\S+\+)?json$/;

async function readText(c: Ctx, place: LargeBodyPlace, bounds: JsonBounds | undefined): Promise<string> {
  supervise(c);
  await place.claim(Number(c.req.header('content-length') ?? 0));
  let size = 0;
  for await (const chunk of arriving(c, () => place.arrivalRule(bodyTimeOf(c)))) {
    size += chunk.byteLength;
    if (size > BODY_LIMIT) throw tooLarge();
    bounds?.add(chunk);
    await place.add(chunk);
  }
  await turnFor(size);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(place.bytes);
  } catch {
    throw new Problem('json-malformed', 'the body is not UTF-8');
  }
}

/** Bytes of garbage for each character of a parsed body: its values, names and faults. */
const PARSED = 8;

/** Reads the body and passes its text to `read`. The text is freed afterwards. @throws Problem */
export async function withBody<T>(c: Ctx, read: (text: string) => T | Promise<T>): Promise<T> {
  const text = await bodyText(c);
  try {
    return await read(text);
  } finally {
    releaseBody(c);
    countBodyGarbage(text.length * PARSED);
  }
}

/** The media type of the body. @throws Problem `media-type-unsupported` when it is not in `types` */
export function requireType(c: Ctx, types: readonly string[]): string {
  const type = typeOf(c);
  if (!types.includes(type))
    throw new Problem(
      'media-type-unsupported',
      `send 'Content-Type: ${types[0]}'${type === '' ? '' : `, not '${type.slice(0, 100)}'`}`,
      { available: types },
      { accept: types.join(', ') },
    );
  return type;
}

/** A parsed body and its faults. */
export interface ReadJson<T> {
  /** The parsed value. Absent when there are faults. */
  readonly data: T | undefined;
  /** The members of the body as they were sent. */
  readonly members: Readonly<Record<string, unknown>>;
  /** The members that a fault is about. */
  readonly judged: ReadonlySet<string | undefined>;
  readonly faults: Fault[];
  /** The number of further faults, which were only counted. */
  readonly more: number;
}

/**
 * Checks JSON text against a schema and returns all faults, for callers that add faults of their own.
 *
 * @throws Problem `json-malformed`
 */
export function checkJson<T>(text: string, schema: z.ZodType<T>): ReadJson<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Problem('json-malformed', `the body is not JSON: ${(error as SyntaxError).message}`);
  }
  // Decoded UTF-8 contains lone surrogates and U+0000 only as escapes.
  const unusable = text.includes('\\u') ? badStrings(value) : [];
  if (unusable.length > 0) throw faultsProblem('json-malformed', unusable);
  const { success, data, error } = schema.safeParse(value, WITH_VALUES);
  const { faults, more } = success ? { faults: [], more: 0 } : bodyFaults(error);
  for (const pointer of repeatedMembers(text))
    faults.push({ code: 'duplicate', message: 'this member is repeated', pointer });
  const members = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const judged = new Set(faults.map(({ pointer }) => pointer!.split('/')[1]));
  return { data: faults.length === 0 ? data : undefined, members, judged, faults, more };
}

/** The problem for the faults of a body; faults of its filters come first. */
export const bodyProblem = (faults: readonly Fault[], ofFilters: readonly Fault[] = [], more = 0): Problem =>
  faultsProblem(ofFilters.length > 0 ? 'filter-invalid' : 'body-invalid', [...ofFilters, ...faults], { more });

/** Reads the body and checks it against a schema. @throws Problem with all faults at once */
export async function readBody<T>(c: Ctx, types: readonly string[], schema: z.ZodType<T>): Promise<T> {
  requireType(c, types);
  const { data, faults, more } = await withBody(c, text => checkJson(text, schema));
  if (data === undefined) throw bodyProblem(faults, [], more);
  return data;
}

/** Reads query and body. @throws Problem with the faults of both at once */
export async function together<Q, B>(query: () => Q, body: () => Promise<B>): Promise<[Q, B]> {
  // Both functions may throw synchronously.
  const [one, other] = await Promise.allSettled([(async () => query())(), (async () => body())()]);
  if (one.status === 'fulfilled') {
    if (other.status === 'fulfilled') return [one.value, other.value];
    throw other.reason;
  }
  const first: unknown = one.reason;
  const second: unknown = other.status === 'rejected' ? other.reason : undefined;
  if (!(first instanceof Problem && second instanceof Problem && first.extras.errors && second.extras.errors))
    throw first;
  throw faultsProblem(first.code, [...first.extras.errors, ...second.extras.errors], first.extras);
}

/** Reads the body of a request that takes no query parameters. @throws Problem with the faults of both at once */
export async function bodyAlone<B>(raw: string, body: () => Promise<B>): Promise<B> {
  const [, said] = await together(() => readParameters(raw, {}), body);
  return said;
}
