import { createHash } from 'node:crypto';

/** Addresses are relative to the page, which may stand below a base path. Nothing is loaded from elsewhere, nothing is sent elsewhere, and nothing of Scalar's that would is turned on. */
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

/** The page at `/docs`. */
export const DOCS_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>conntrack: the API</title>
<div id="reference"><noscript>This page is a script over <a href="openapi.json">openapi.json</a>.</noscript></div>
<script src="docs/reference.js"></script>
<script>${START}</script>
</html>
`;

/** What the page may do. `connect-src 'self'` is what keeps a typed token, and everything else, on this host. */
export const docsPolicy = (): string =>
  [
    "default-src 'none'",
    `script-src 'self' 'sha256-${createHash('sha256').update(START).digest('base64')}'`,
    // The reference writes its styles into the page.
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
