import { type Result, type Router, UnsupportedPathError } from 'hono/router';

interface Pattern<T> {
  readonly path: string;
  readonly matches: RegExp;
  readonly names: readonly string[];
  readonly handler: T;
}

/** The routes of one method. */
interface Routes<T> {
  readonly fixed: Map<string, Result<T>>;
  /** Routes whose only parameter is the last segment, by the path before it. */
  readonly ending: Map<string, Pattern<T>>;
  readonly patterns: Pattern<T>[];
}

const PARAMETER = /:(\w+)/g;
const SPECIAL = /[^\w/:-]/;

/**
 * A router for paths with one handler each: `/conntrack/count`, `/conntrack/:key`. It finds most routes with one or two
 * map look-ups. Hono's RegExpRouter does not support these two paths together, and its TrieRouter splits each path.
 * Paths that this router does not support are left to the next router.
 */
export class ExactRouter<T> implements Router<T> {
  readonly name = 'ExactRouter';
  readonly #methods = new Map<string, Routes<T>>();

  /**
   * Adds a route.
   *
   * @throws UnsupportedPathError for wildcards, patterns, handlers of all methods, and paths that another route matches
   */
  add(method: string, path: string, handler: T): void {
    const routes: Routes<T> = this.#methods.get(method) ?? { fixed: new Map(), ending: new Map(), patterns: [] };
    this.#methods.set(method, routes);
    const taken =
      routes.fixed.has(path) || routes.patterns.some(pattern => pattern.path === path || pattern.matches.test(path));
    if (method === 'ALL' || taken || SPECIAL.test(path.replaceAll('.', ''))) throw new UnsupportedPathError(path);
    if (!path.includes(':')) {
      routes.fixed.set(path, [[[handler, {}]]]);
      return;
    }
    const names = [...path.matchAll(PARAMETER)].map(([, name]) => name!);
    const matches = new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(PARAMETER, '([^/]+)')}$`);
    const pattern = { path, matches, names, handler };
    routes.patterns.push(pattern);
    const last = path.lastIndexOf('/:');
    if (names.length === 1 && path.length === last + 2 + names[0]!.length)
      routes.ending.set(path.slice(0, last), pattern);
  }

  match(method: string, path: string): Result<T> {
    const routes = this.#methods.get(method);
    if (routes === undefined) return NOTHING;
    const fixed = routes.fixed.get(path);
    if (fixed !== undefined) return fixed;
    const slash = path.lastIndexOf('/');
    const ending = slash + 1 < path.length ? routes.ending.get(path.slice(0, slash)) : undefined;
    if (ending !== undefined) return [[[ending.handler, { [ending.names[0]!]: path.slice(slash + 1) }]]];
    for (const { matches, names, handler } of routes.patterns) {
      const found = matches.exec(path);
      if (found !== null) return [[[handler, Object.fromEntries(names.map((name, i) => [name, found[i + 1]!]))]]];
    }
    return NOTHING;
  }
}

const NOTHING: Result<never> = [[]];
