/** Segments of unreserved characters, each behind its slash: what no proxy or client writes in another way. */
const BASE_PATH = /^(\/(?!\.{1,2}(\/|$))[\w.~-]+)+$/;

/** What a base path looks like, for messages about one that is none. */
export const BASE_PATH_EXPECTED = "must be a path without a slash at the end: '/ct'";

/** Whether a text can stand in front of every path. */
export const isBasePath = (text: string): boolean => BASE_PATH.test(text);

/** A base path as it was given; empty without one. @throws TypeError */
export function checkBasePath(basePath = ''): string {
  if (basePath !== '' && !isBasePath(basePath))
    throw new TypeError(`basePath: ${BASE_PATH_EXPECTED}, not '${basePath}'`);
  return basePath;
}

/** A path without the base path in front of it: proxies may leave it there or take it away. */
export const withoutBase = (path: string, basePath: string): string => {
  if (basePath === '' || !path.startsWith(basePath)) return path;
  const rest = path.slice(basePath.length);
  return rest === '' ? '/' : rest.startsWith('/') ? rest : path;
};
