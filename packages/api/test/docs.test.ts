import { createHash } from 'node:crypto';
import { brotliDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { testApp } from './support.js';

test('the page needs no token, loads nothing from elsewhere, and runs no script but the server’s', async () => {
  const response = await testApp().request('/docs', { token: null });
  const page = await response.text();
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page).not.toMatch(/https?:|\/\//);
  const policy = response.headers.get('content-security-policy')!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("connect-src 'self'");
  expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
  const [, inline] = /<script>(.*?)<\/script>/s.exec(page)!;
  expect(policy).toContain(createHash('sha256').update(inline!).digest('base64'));
  for (const [, src] of page.matchAll(/src="([^"]+)"/g))
    expect((await testApp().request(new URL(src!, 'http://localhost/docs').pathname)).status).toBe(200);
});

test('the script comes as it is, or compressed where that is taken', async () => {
  const app = testApp();
  const plain = await app.request('/docs/reference.js', { token: null });
  const text = await plain.text();
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect(text.length).toBeGreaterThan(1e6);
  const response = await app.request('/docs/reference.js', { headers: { 'accept-encoding': 'gzip, br' } });
  const bytes = Buffer.from(await response.arrayBuffer());
  // Of the sources there is no compressed copy.
  const content = response.headers.get('content-encoding') === 'br' ? brotliDecompressSync(bytes) : bytes;
  expect(content.toString() === text).toBe(true);
});

test('a page of another site may not have it', async () => {
  const response = await testApp().request('/docs', { headers: { 'sec-fetch-site': 'cross-site' } });
  expect(response.status).toBe(403);
});
