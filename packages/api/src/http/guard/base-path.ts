/** Segments of unreserved characters, each after a slash: no proxy or client rewrites these. */
const BASE_PATH = /^(\/(?!\.{1,2}(\/|$))[\w.~-]+)+$/;

/** The end of a message about an invalid base path. */
export const BASE_PATH_EXPECTED = "must be a path without a slash at the end: '/ct'";

/** Whether a text is a valid base path. */
export const isBasePath = (text: string): boolean => BASE_PATH.test(text);

/** Checks a base path; the default is none. @throws TypeError */
export function checkBasePath(basePath = ''): string {
  if (basePath !== '' && !isBasePath(basePath))
    throw new TypeError(`basePath: ${BASE_PATH_EXPECTED}, not '${basePath}'`);
  return basePath;
}

/** Removes the base path from a path. Works with proxies that strip it and with proxies that do not. */
export const withoutBase = (path: string, basePath: string): string => {
  if (basePath === '' || !path.startsWith(basePath)) return path;
  const rest = path.slice(basePath.length);
  return rest === '' ? '/' : rest.startsWith('/') ? rest : path;
};
