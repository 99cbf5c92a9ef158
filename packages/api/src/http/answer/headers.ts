/** Headers of every response: no caching, no framing, no MIME sniffing. */
export const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** The request headers that compressible or cacheable responses depend on. */
export const VARY = 'Accept-Encoding, Origin';
