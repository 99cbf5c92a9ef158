import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';
import { PROBLEM_TYPE, PROBLEMS, type ProblemCode } from '../../src/http/problem/problems.js';
import { TOKEN } from '../support.js';
import { type OpenApi, type OpenApiOperation, operationsOf, resolved } from './document.js';
import type { FuzzRequest } from './requests.js';

const pointer = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');

/** Checks responses against the document: statuses, media types and schemas. */
export class Judge {
  readonly #ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: false }));
  readonly #known = new Map<string, ValidateFunction>();

  readonly #routes: ReadonlyMap<string, OpenApiOperation>;

  readonly #document: OpenApi;

  constructor(document: OpenApi) {
    this.#document = document;
    this.#routes = new Map(operationsOf(document).map(route => [route.operation.operationId, route]));
    this.#ajv.addSchema(document, 'document');
  }

  /** Throws unless the document has the response. `text` is absent for a stream that was left. */
  answer({ id, target, method }: FuzzRequest, response: Response, text: string | undefined): void {
    const route = this.#routes.get(id)!;
    const { responses } = route.operation;
    const { status } = response;
    const what = `${method} ${target} → ${status} ${text?.slice(0, 500) ?? ''}`;
    expect(Object.keys(responses), what).toContain(String(status));
    expect(status, what).not.toBe(500);
    if (text === undefined || status === 204) return;
    expect(text.includes(TOKEN), what).toBe(false);
    expect(text, what).not.toMatch(/\n\s+at |node:internal|node_modules/);
    const type = response.headers.get('content-type')!.split(';', 1)[0]!;
    if (status >= 300) {
      expect(type, what).toBe(PROBLEM_TYPE);
      expect(PROBLEMS[(JSON.parse(text) as { code: ProblemCode }).code].status, what).toBe(status);
    }
    const named = responses[status]!;
    const { content, 'x-content': more } = resolved(this.#document, named);
    expect({ ...content, ...more }, what).toHaveProperty([type]);
    if (!/[/+]json$/.test(type)) return;
    const { path, place } = route;
    const answer = named.$ref?.slice(2).split('/') ?? ['paths', path, place, 'responses', String(status)];
    const ref = [...answer, 'content', type, 'schema'].map(pointer).join('/');
    const validate =
      this.#known.get(ref) ?? this.#ajv.compile({ $ref: `document#/${ref.replaceAll(/[{}]/g, encodeURIComponent)}` });
    this.#known.set(ref, validate);
    expect(validate(JSON.parse(text)), `${what}\n${JSON.stringify(validate.errors)}`).toBe(true);
  }
}
