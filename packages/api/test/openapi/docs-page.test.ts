import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { findChromium } from '../../../../apps/docs/test/chromium.js';
import { serve } from '../../src/index.js';
import { launch, open } from '../console/browser.js';
import { tableOf, testApp } from '../support.js';

test("the reference page needs no token, loads nothing from other hosts, and runs only the server's script", async () => {
  const response = await testApp().request('/docs', { token: null });
  const page = await response.text();
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page).not.toMatch(/https?:|\/\//);
  const policy = response.headers.get('content-security-policy')!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("connect-src 'self'");
  expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
  for (const [, inline] of page.matchAll(/<script>(.*?)<\/script>/gs))
    expect(policy).toContain(createHash('sha256').update(inline!).digest('base64'));
  for (const [, src] of page.matchAll(/src="([^"]+)"/g))
    expect((await testApp().request(new URL(src!, 'http://localhost/docs').pathname)).status).toBe(200);
});

test('the script of the reference page is compressed if the client accepts it', async () => {
  const app = testApp();
  const plain = await app.request('/docs/reference.js', { token: null });
  const text = await plain.text();
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect(text.length).toBeGreaterThan(1e6);
  const response = await app.request('/docs/reference.js', { headers: { 'accept-encoding': 'gzip, br' } });
  const bytes = Buffer.from(await response.arrayBuffer());
  // A source tree has no compressed copy.
  const content = response.headers.get('content-encoding') === 'br' ? brotliDecompressSync(bytes) : bytes;
  expect(content.toString() === text).toBe(true);
});

test('pages of other sites cannot load the reference page', async () => {
  const response = await testApp().request('/docs', { headers: { 'sec-fetch-site': 'cross-site' } });
  expect(response.status).toBe(403);
});

test('the reference page sends no empty token, so that it can read where reading is open', async ({ skip }) => {
  const browser = await launch();
  if (browser === undefined) return skip('chromium is not installed');
  await using server = await serve({ table: tableOf(), listen: '127.0.0.1:0', anonymous: 'read', grace: 100 });
  try {
    const { page } = await open(browser, `${server.url}/docs`);
    const status = (token: string) =>
      page.evaluate<number>(
        `fetch('conntrack', { headers: { authorization: 'Bearer ${token}' } }).then(({ status }) => status)`,
      );
    expect(await status('')).toBe(200);
    expect(await status('wrong')).toBe(401);
  } finally {
    await browser.close();
  }
});

test('the reference page says what it is while its script is still on the way', async ({ skip }) => {
  await using browser = await launch();
  if (browser === undefined) return skip('chromium is not installed');
  await using server = await serve({ table: tableOf(), listen: '127.0.0.1:0', anonymous: 'read', grace: 100 });
  const page = await browser.newPage();
  await page.route('**/docs/reference.js', () => {});
  await page.goto(`${server.url}/docs`, { waitUntil: 'commit' });
  await page.getByRole('heading', { name: 'The API of conntrack' }).waitFor();
  await page.getByRole('link', { name: 'openapi.json' }).waitFor();
});

test('the OpenAPI document is compressed, and can be revalidated', async () => {
  const headers = { 'accept-encoding': 'gzip' };
  const response = await testApp().request('/openapi.json', { token: null, headers });
  expect(response.headers.get('content-encoding')).toBe('gzip');
  const known = { ...headers, 'if-none-match': response.headers.get('etag')! };
  expect((await testApp().request('/openapi.json', { token: null, headers: known })).status).toBe(304);
});

test('the reference page shows the operations in a browser, without errors', async ({ skip }) => {
  const browser = findChromium();
  if (browser === undefined) return skip('chromium is not installed');
  await using server = await serve({ table: tableOf(), listen: { address: '127.0.0.1:0' }, grace: 100 });
  const flags =
    '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
  const { stdout, stderr } = await promisify(execFile)(
    browser,
    [
      ...flags.split(' '),
      '--enable-logging=stderr',
      // Virtual time stops while requests are running.
      '--virtual-time-budget=60000',
      '--dump-dom',
      `${server.url}/docs`,
    ],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  for (const text of ['List expectations', 'List flows', 'Watch flow events', 'Required scope'])
    expect(stdout).toContain(text);
  expect(stderr).toContain('@scalar/api-reference');
  expect(stderr).not.toMatch(/Uncaught|Refused to/);
}, 300_000);
