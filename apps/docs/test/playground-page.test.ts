// Tests the built playground in a real browser, under a policy that forbids requests to other hosts.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { expectAccessible, launch, open, PHONE, WIDE } from '../../../packages/api/test/console/browser.js';

const DIST = join(import.meta.dirname, '../.vitepress/dist');
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const POLICY =
  "default-src 'self'; img-src 'self' data:; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; connect-src 'none'";

/** Serves the built site. */
async function serveSite() {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url!, 'http://localhost').pathname);
    const file = [join(DIST, path), join(DIST, `${path}.html`)].find(one => existsSync(one) && statSync(one).isFile());
    if (file === undefined) return response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
    });
    response.end(readFileSync(file));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/playground`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

const line = (i: number): string =>
  `udp      17 10 src=192.0.2.1 dst=198.51.100.${i % 200} sport=3000 dport=53 src=198.51.100.${i % 200} dst=192.0.2.1 sport=53 dport=3000 mark=0 use=1 id=${i + 1}\n`;

test('the playground is the console on a text: it filters, sorts, opens, compares and keeps the text', async ({
  skip,
}) => {
  await using site = await serveSite();
  await using browser = await launch();
  if (browser === undefined) return skip('chromium is not installed');
  expect(existsSync(join(DIST, 'playground.html')), 'the site is built').toBe(true);
  const opened = await open(browser, site.url);
  const { page, errors, urls } = opened;
  const matched = (count: string) => page.locator('.matched', { hasText: new RegExp(`^${count} flow`) });
  await matched('68').waitFor();
  // The first rows are on the first screen.
  expect((await page.locator('.row').nth(3).boundingBox())!.y).toBeLessThan(WIDE.height - 28);
  await expectAccessible(opened, '.playground-host');

  const box = page.getByLabel('Filter', { exact: true });
  await box.fill('proto=tcp&stat=ESTABLISHED');
  await page.getByText("unknown field 'stat'", { exact: false }).waitFor();
  await page.getByRole('button', { name: 'use state', exact: true }).click();
  await matched('23').waitFor();
  await box.fill('proto=tcp&stat');
  await page.getByRole('option', { name: /^state=/ }).waitFor();
  await box.fill('age > 1h');
  await page.getByRole('alert').getByText('no entry of sample has this field', { exact: false }).waitFor();
  await box.fill('reply.dst == 203.0.113.7 and proto == tcp');
  await page.getByRole('alert').waitFor({ state: 'detached' });
  expect(page.url()).toContain('#/flows?filter=reply.dst');
  await box.press('Escape');
  await box.press('Escape');
  await page.getByRole('grid').focus();
  await page.keyboard.press('Enter');
  const path = page.getByRole('list', { name: 'The way of a packet' });
  expect(await path.textContent()).toMatch(/SNAT.*203\.0\.113\.7/);
  await page.keyboard.press('Escape');
  await path.waitFor({ state: 'detached' });

  await page.getByText('as a command', { exact: true }).click();
  await page
    .getByText('conntrack -L -p tcp -q 203.0.113.7')
    .or(page.getByText('conntrack -L -q 203.0.113.7 -p tcp'))
    .waitFor();
  await page.getByText('write', { exact: true }).click();
  await page.getByRole('button', { name: 'show xml' }).click();
  expect(await page.getByLabel('Matching flows').inputValue()).toMatch(/^<\?xml/);

  await box.fill('');
  await page.getByLabel('Conntrack text').fill(line(1) + line(2));
  await matched('2').waitFor();
  await page.getByLabel('compare with a file…').setInputFiles({
    name: 'later.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from(line(2) + line(3)),
  });
  await matched('3').waitFor();
  await page.getByLabel('Compared', { exact: true }).selectOption('only second');
  await page.locator('.row', { hasText: '198.51.100.3' }).waitFor();
  await matched('1').waitFor();
  await page.reload();
  await matched('2').waitFor();

  await page.getByLabel('open a file…').setInputFiles({
    name: 'large.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from(Array.from({ length: 30_000 }, (_, i) => line(i)).join('')),
  });
  // The page answers while it reads.
  await page.getByRole('button', { name: 'who is behind…' }).click();
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await matched('30,000').waitFor();
  expect(errors).toEqual([]);
  for (const url of urls) expect(url).toMatch(new RegExp(`^(${new URL(site.url).origin}|data:|blob:)`));

  const phone = await open(browser, site.url, { viewport: PHONE, colorScheme: 'light' });
  await phone.page.locator('.row').first().waitFor();
  expect((await phone.page.locator('.row').first().boundingBox())!.y).toBeLessThan(PHONE.height - 60);
  await expectAccessible(phone, '.playground-host');
  const root = 'document.documentElement';
  expect(await phone.page.evaluate(`${root}.scrollWidth <= ${root}.clientWidth`)).toBe(true);
});
