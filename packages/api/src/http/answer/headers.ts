/** Headers of every answer: nothing here may be cached, framed or sniffed. */
export const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** What answers that can be encoded or kept depend on. */
export const VARY = 'Accept-Encoding, Origin';
