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

/** The HTML page at `/docs`. */
export const DOCS_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>conntrack: the API</title>
<div id="reference"><noscript>This page needs JavaScript. The API is described in <a href="openapi.json">openapi.json</a>.</noscript></div>
<script src="docs/reference.js"></script>
<script>${START}</script>
</html>
`;

/** The page's Content-Security-Policy. `connect-src 'self'` keeps typed tokens and all other data on this host. */
export const docsPolicy = (): string =>
  [
    "default-src 'none'",
    `script-src 'self' 'sha256-${createHash('sha256').update(START).digest('base64')}'`,
    // The API reference adds its styles to the page.
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
