import { createHash } from 'node:crypto';

/**
 * URLs are relative to the page, which may be below a base path. Nothing is loaded from or sent to other hosts: all
 * features of Scalar that would do so are off.
 */
const CONFIGURATION = {
  url: 'openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  persistAuth: false,
} as const;

const START = `Scalar.createApiReference('#reference', ${JSON.stringify(CONFIGURATION)})`;

/**
 * Scalar sends an empty bearer token as long as none was entered. The server rejects it, as any token that it does not
 * know, although the same request without a token may be allowed.
 */
const WITHOUT_EMPTY_TOKEN = `const send = window.fetch;
window.fetch = (input, init) => {
  const request = new Request(input, init);
  if (/^Bearer *$/i.test(request.headers.get('authorization') ?? '')) request.headers.delete('authorization');
  return send(request);
};`;

/** The HTML page at `/docs`. It shows what it is before its script of some megabytes has run. */
export const DOCS_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>conntrack: the API</title>
<div id="reference">
<h1>The API of conntrack</h1>
<p>The reference is loading. For programs: <a href="openapi.json">openapi.json</a>.</p>
<noscript>The reference needs JavaScript.</noscript>
</div>
<script>${WITHOUT_EMPTY_TOKEN}</script>
<script src="docs/reference.js"></script>
<script>${START}</script>
</html>
`;

const hashOf = (script: string): string => `'sha256-${createHash('sha256').update(script).digest('base64')}'`;

/** The page's Content-Security-Policy. `connect-src 'self'` keeps typed tokens and all other data on this host. */
export const docsPolicy = (): string =>
  [
    "default-src 'none'",
    `script-src 'self' ${hashOf(WITHOUT_EMPTY_TOKEN)} ${hashOf(START)}`,
    // The API reference adds its styles to the page.
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
