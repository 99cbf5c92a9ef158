import { brotliDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { problem, testApp } from '../support.js';

const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
const plain = { token: null } as const;

test('browsers get the console at /, and curl gets its text', async () => {
  const app = testApp();
  const page = await app.request('/', { ...plain, headers: BROWSER });
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(await page.text()).toContain('<script type="module" src="console/app.js">');
  for (const headers of [{}, { accept: '*/*' }, { accept: 'text/plain' }]) {
    const text = await app.request('/', { ...plain, headers });
    expect(text.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await text.text()).toMatch(/^Linux connection tracking over HTTP/);
  }
});

test('the policy of the console allows scripts, styles and requests of this server alone, and no markup from strings', async () => {
  const response = await testApp().request('/', { ...plain, headers: BROWSER });
  const policy = response.headers.get('content-security-policy')!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("connect-src 'self'");
  expect(policy).toContain("require-trusted-types-for 'script'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  expect(response.headers.get('referrer-policy')).toBe('no-referrer');
  // The page has no script or style of its own.
  expect(await response.text()).not.toMatch(/<script(?! type="module" src=)|<style| on\w+=/);
});

test('the files of the console are compressed and can be revalidated', async () => {
  const app = testApp();
  for (const name of ['app.js', 'style.css']) {
    const text = await (await app.request(`/console/${name}`, plain)).text();
    const response = await app.request(`/console/${name}`, { ...plain, headers: { 'accept-encoding': 'gzip, br' } });
    expect(response.headers.get('content-encoding')).toBe('br');
    expect(response.headers.get('content-type')).toMatch(name === 'app.js' ? /^text\/javascript/ : /^text\/css/);
    expect(brotliDecompressSync(Buffer.from(await response.arrayBuffer())).toString()).toBe(text);
    const etag = response.headers.get('etag')!;
    for (const known of [etag, `"other", ${etag}`, '*'])
      expect((await app.request(`/console/${name}`, { ...plain, headers: { 'if-none-match': known } })).status).toBe(
        304,
      );
  }
  for (const [accepted, encoding] of [
    ['br;q=0', null],
    ['gzip', null],
    ['gzip;q=0.5, br;q=0.1', 'br'],
    ['*', 'br'],
  ] as const) {
    const response = await app.request('/console/app.js', { ...plain, headers: { 'accept-encoding': accepted } });
    expect(response.headers.get('content-encoding'), accepted).toBe(encoding);
  }
  for (const name of ['index.html', 'other.js', '..%2Findex.js', 'app.js.br'])
    await problem(await app.request(`/console/${name}`, plain), 'route-not-found');
});

test('a server without the console gives browsers the text', async () => {
  const app = testApp({ console: false });
  const page = await app.request('/', { ...plain, headers: BROWSER });
  expect(page.headers.get('content-type')).toMatch(/^text\/plain/);
  expect(await page.text()).not.toContain('onsole');
  await problem(await app.request('/console/app.js', plain), 'route-not-found');
});

test('below a base path, the page finds its files with and without the final slash', async () => {
  const app = testApp({ basePath: '/ct' });
  for (const path of ['/ct', '/ct/', '/']) {
    const page = await (await app.request(path, { ...plain, headers: BROWSER })).text();
    const [, src] = /src="([^"]+)"/.exec(page)!;
    const url = new URL(src!, `http://localhost${path}`);
    expect((await app.request(url.pathname, plain)).status, url.href).toBe(200);
  }
});

test('pages of other sites cannot load the console', async () => {
  const headers = { ...BROWSER, 'sec-fetch-site': 'cross-site' };
  expect((await testApp().request('/', { ...plain, headers })).status).toBe(403);
});
