/** The parts of JSON Schema that the document uses. */
export interface Schema {
  $ref?: string;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minimum?: number;
  maximum?: number;
  example?: unknown;
}

interface Parameter {
  $ref?: string;
  name?: string;
  in?: string;
  required?: boolean;
  schema?: Schema;
}

/** A response, or a reference to one. */
export interface Answer {
  $ref?: string;
  content?: Record<string, { schema: Schema }>;
  'x-content'?: Record<string, { schema: Schema }>;
}

interface Described {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, Answer>;
}

/** An OpenAPI document. */
export type OpenApi = {
  openapi: string;
  paths: Record<string, Record<string, Described>>;
  components: object;
};

/** An operation: one method of one path. */
export interface OpenApiOperation {
  readonly path: string;
  readonly method: string;
  /** The key of the operation in its path item. */
  readonly place: string;
  readonly operation: Described;
}

/** All operations of a document. */
export const operationsOf = ({ paths }: OpenApi): OpenApiOperation[] =>
  Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([place, operation]) => ({
      path,
      place,
      method: place.replace(/^x-/, '').toUpperCase(),
      operation,
    })),
  );

/** Resolves a reference. */
export function resolved<T extends { $ref?: string }>(document: OpenApi, value: T): T {
  if (value.$ref === undefined) return value;
  const found = value.$ref
    .slice(2)
    .split('/')
    .reduce<unknown>((node, part) => (node as Record<string, unknown>)[part], document);
  return found as T;
}
