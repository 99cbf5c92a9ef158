import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseQuery } from '@conntrack/filter';
import type { Expectation, Flow, NewFlow } from '@conntrack/flow';
import { createNatLab, DEMO_LAB, labAvailable, startDemoTraffic } from '@conntrack/lab';
import { CaptureSource, ConntrackTable, MemorySource, openTable } from '@conntrack/table';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashToken, SCOPES, type ServeOptions, serve } from '../../src/index.js';
import { expectAccessible, launch, open, PHONE, WIDE } from './browser.js';

const TOKEN = 'a-token-for-everything-in-tests';
let browser: Browser | undefined;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

/** The nth of a row of connections through a NAT. */
const flowOf = (n: number, more: Partial<Flow> = {}): Flow => ({
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  original: {
    src: `10.0.${n >> 8}.${n & 255}`,
    dst: '192.0.2.80',
    sport: 20_000 + n,
    dport: 443,
    packets: n,
    bytes: n * 100,
  },
  reply: { src: '192.0.2.80', dst: '203.0.113.7', sport: 443, dport: 20_000 + n, packets: 1, bytes: 60 },
  state: 'ESTABLISHED',
  status: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'SRC_NAT', 'SRC_NAT_DONE'],
  timeout: 431_000,
  mark: n % 3,
  id: n + 1,
  ...more,
});
const udp = (n: number): Flow => {
  const { state: _, ...rest } = flowOf(n, { protocol: 'udp', protonum: 17, timeout: 30 });
  return rest;
};

/** A connection to create. */
const freshFlow = (n: number, more: Partial<NewFlow> = {}): NewFlow => ({
  family: 'ipv4',
  protonum: 6,
  original: { src: `10.0.0.${n & 255}`, dst: '192.0.2.80', sport: 20_000 + n, dport: 443 },
  timeout: 600,
  ...more,
});

async function serving(flows: Iterable<Flow>, options: Partial<ServeOptions> = {}) {
  const table = new ConntrackTable(new MemorySource(flows));
  const server = await serve({ table, listen: '127.0.0.1:0', adminToken: TOKEN, grace: 100, ...options });
  return { table, server, [Symbol.asyncDispose]: () => server.close() };
}

/** The line with the number of flows that match. */
const matched = (page: Page, count: number) =>
  page.locator('.matched, .host-page header p', { hasText: new RegExp(`(^|[^\\d,.])${count} flow`) });

/** Enters a token in the page that asks for one. */
async function logIn({ page }: Awaited<ReturnType<typeof open>>, token: string, keep = false): Promise<void> {
  await page.getByLabel('token', { exact: true }).fill(token);
  if (keep) await page.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'use it' }).click();
}

describe('the console on memory', () => {
  test('a reader without a token filters, sorts and opens flows with the keyboard alone', async ({ skip }) => {
    if (browser === undefined) return skip('chromium is not installed');
    await using made = await serving([...Array.from({ length: 60 }, (_, n) => flowOf(n)), udp(70)], {
      anonymous: 'read',
    });
    const opened = await open(browser, made.server.url);
    const { page, errors, urls } = opened;
    await matched(page, 61).waitFor();
    // The largest flow comes first.
    expect(await page.locator('.row').first().textContent()).toContain('10.0.0.70');
    await page.keyboard.press('/');
    await page.keyboard.type('sta');
    await page.keyboard.press('ArrowDown');
    const [first, ...others] = await page.getByRole('option').all();
    expect(await first!.getAttribute('aria-selected')).toBe('true');
    expect(others.length).toBeGreaterThan(0);
    await page.keyboard.press('Escape');
    await page.getByRole('combobox', { name: 'Filter' }).fill('proto=tcp&src=10.0.0.5');
    await page.keyboard.press('Enter');
    await matched(page, 1).waitFor();
    await page.locator('.row', { hasText: '10.0.0.5:20005' }).waitFor();
    expect(new URL(page.url()).hash).toBe('#/flows?filter=proto%3Dtcp%26src%3D10.0.0.5');
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    const detail = page.getByRole('complementary', { name: 'Flow' });
    await detail.getByText('203.0.113.7:20005', { exact: true }).waitFor();
    expect(await detail.getByRole('list', { name: 'The way of a packet' }).textContent()).toMatch(
      /10\.0\.0\.5:20005.*SNAT.*203\.0\.113\.7:20005.*192\.0\.2\.80:443/,
    );
    // What an anonymous reader may not do is not shown.
    expect(await page.getByRole('button', { name: /delete|set/ }).count()).toBe(0);
    await page.keyboard.press('Escape');
    await detail.waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('go to the filter').waitFor();
    await page.keyboard.press('Escape');
    await page.goBack();
    await matched(page, 61).waitFor();
    expect(errors).toEqual([]);
    for (const url of urls) expect(url).toMatch(new RegExp(`^(${made.server.url}|data:)`));
  });

  test('a click on a value filters by it, Alt-click excludes it, and a group narrows the filter', async ({ skip }) => {
    if (browser === undefined) return skip('chromium is not installed');
    await using made = await serving([...Array.from({ length: 20 }, (_, n) => flowOf(n)), udp(70)], {
      anonymous: 'read',
    });
    const { page, errors } = await open(browser, made.server.url);
    await page.locator('.row .term', { hasText: 'udp' }).click();
    await matched(page, 1).waitFor();
    expect(await page.getByLabel('Filter', { exact: true }).inputValue()).toBe('proto=udp');
    await page.locator('.row .term', { hasText: 'udp' }).click({ modifiers: ['Alt'] });
    await page.getByText('None of', { exact: false }).waitFor();
    await page.getByRole('button', { name: 'Show all flows' }).click();
    await matched(page, 21).waitFor();
    await page.getByRole('region', { name: 'Groups by state' }).getByRole('button', { name: 'ESTABLISHED' }).click();
    await matched(page, 20).waitFor();
    expect(await page.getByLabel('Filter', { exact: true }).inputValue()).toBe('state=ESTABLISHED');
    await page.getByRole('button', { name: /half-open/ }).waitFor();
    expect(errors).toEqual([]);
  });

  test('an invalid filter shows its fault with its place, and one click fixes it', async ({ skip }) => {
    if (browser === undefined) return skip('chromium is not installed');
    await using made = await serving([flowOf(1), udp(2)], { anonymous: 'read' });
    const { page } = await open(browser, made.server.url);
    await matched(page, 2).waitFor();
    await page.getByLabel('Filter', { exact: true }).fill('prto=udp');
    await page.getByText("unknown field 'prto'", { exact: false }).waitFor();
    // The last valid filter stays in effect.
    expect(await page.locator('.row').count()).toBe(2);
    await page.getByRole('button', { name: 'use proto', exact: true }).click();
    await matched(page, 1).waitFor();
  });

  test('a delete of many shows what it will hit, asks for the number, and hits nothing else', async ({ skip }) => {
    if (browser === undefined) return skip('chromium is not installed');
    const others = Array.from({ length: 30 }, (_, n) => udp(10_000 + n));
    await using made = await serving([...Array.from({ length: 5000 }, (_, n) => flowOf(n)), ...others]);
    const opened = await open(browser, `${made.server.url}/#/flows?filter=proto%3Dtcp`);
    const { page, errors, urls } = opened;
    await logIn(opened, TOKEN);
    await page.getByRole('button', { name: 'delete all 5,000 that match…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('5,000 entries will be deleted').waitFor();
    await dialog.getByText('tcp ESTABLISHED').first().waitFor();
    await expectAccessible(opened);
    const confirm = dialog.getByRole('button', { name: 'delete 5,000' });
    expect(await confirm.isDisabled()).toBe(true);
    await dialog.getByLabel('Type 5,000 to confirm').fill('4,999');
    expect(await confirm.isDisabled()).toBe(true);
    // A flow that appears after the plan is not part of it.
    const late = freshFlow(9000);
    await made.table.create(late);
    await dialog.getByLabel('Type 5,000 to confirm').fill('5,000');
    await confirm.click();
    await dialog.getByText('5,000 deleted').waitFor();
    await dialog.getByText('Two seconds later, none of them is back.').waitFor();
    await dialog.getByRole('button', { name: 'close', exact: true }).click();
    expect(await made.table.count()).toBe(31);
    expect(await made.table.count({ filter: parseQuery('proto=udp').filter })).toBe(30);
    expect(errors).toEqual([]);
    expect(urls.filter(url => url.includes(TOKEN))).toEqual([]);
  });

  test('selected flows are deleted by key, and a flow that has ended meanwhile is counted', async ({ skip }) => {
    if (browser === undefined) return skip('chromium is not installed');
    await using made = await serving(Array.from({ length: 10 }, (_, n) => flowOf(n)));
    const opened = await open(browser, made.server.url);
    const { page } = opened;
    await logIn(opened, TOKEN);
    await matched(page, 10).waitFor();
    await page.keyboard.press('p');
    await page.getByRole('grid').focus();
    for (let i = 0; i < 3; i++) await page.keyboard.press('x');
    const [row] = await page.locator('.row.chosen').allTextContents();
    const [, src] = /(10\.0\.0\.\d+):/.exec(row!)!;
    await made.table.deleteMany(parseQuery(`src=${src}`).filter);
    await page.keyboard.press('d');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('2 entries will be deleted').waitFor();
    await dialog.getByText('skipped').waitFor();
    await dialog.getByRole('button', { name: 'delete 2' }).click();
    await dialog.getByText('2 deleted').waitFor();
    expect(await made.table.count()).toBe(7);
  });

  test('a token is only in memory unless it is to be kept, and never in a URL', async ({ skip }) => {
    if (browser === undefined) return skip('chromium is not installed');
    await using made = await serving([flowOf(1)]);
    const opened = await open(browser, made.server.url);
    const { page, urls } = opened;
    await page.getByText('This server requires a token.').waitFor();
    await logIn(opened, 'a-wrong-token-of-some-length');
    await page.getByRole('alert').getByText(/token/).waitFor();
    await logIn(opened, TOKEN);
    await matched(page, 1).waitFor();
    const stored = () =>
      page.evaluate<string>('JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie])');
    expect(await stored()).not.toContain(TOKEN);
    await page.reload();
    await page.getByText('This server requires a token.').waitFor();
    await logIn(opened, TOKEN, true);
    await matched(page, 1).waitFor();
    await page.reload();
    await matched(page, 1).waitFor();
    expect(await stored()).toContain(TOKEN);
    expect(urls.filter(url => url.includes(TOKEN))).toEqual([]);
  });

  test('a token with a filter sees and deletes its own flows alone', async ({ skip }) => {
    if (browser === undefined) return skip('chromium is not installed');
    const tenant = 'the-token-of-a-tenant';
    const filter = parseQuery('mark=1').filter;
    const tokens = [{ name: 'tenant', sha256: hashToken(tenant), scopes: SCOPES, filter }];
    await using made = await serving(
      Array.from({ length: 30 }, (_, n) => flowOf(n)),
      { tokens },
    );
    const opened = await open(browser, `${made.server.url}/#/flows?filter=proto%3Dtcp`);
    const { page, errors } = opened;
    await logIn(opened, tenant);
    await matched(page, 10).waitFor();
    await page.getByRole('button', { name: 'delete all 10 that match…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'delete 10' }).click();
    await page.getByRole('dialog').getByText('10 deleted').waitFor();
    expect(await made.table.count()).toBe(20);
    expect(errors).toEqual([]);
  });

  test('a token that is revoked leads back to the question for a token', async ({ skip }) => {
    if (browser === undefined) return skip('chromium is not installed');
    const revoked = 'a-token-that-is-revoked-later';
    const tokens = [{ name: 'guest', sha256: hashToken(revoked), scopes: SCOPES }];
    await using made = await serving([flowOf(1)], { tokens });
    const opened = await open(browser, made.server.url);
    await logIn(opened, revoked);
    await opened.page.locator('.row').first().waitFor();
    made.server.renew({ tokens: [] });
    await opened.page.getByRole('button', { name: 'use it' }).waitFor();
    expect(await opened.page.locator('.row').count()).toBe(0);
  });

  test('the order, the columns and the groups are part of the address, and a reload keeps them', async ({ skip }) => {
    if (browser === undefined) return skip('chromium is not installed');
    await using made = await serving([flowOf(1), flowOf(2), udp(3)], { anonymous: 'read' });
    const { page, errors } = await open(browser, made.server.url);
    await matched(page, 3).waitFor();
    await page.getByRole('button', { name: 'from', exact: true }).click();
    await page.getByText('columns', { exact: true }).click();
    await page.getByLabel('zone', { exact: true }).check();
    await page.getByLabel('Group by').first().selectOption('src,dst');
    await page.getByRole('region', { name: 'Groups by src,dst' }).waitFor();
    await page.reload();
    await page.getByRole('region', { name: 'Groups by src,dst' }).waitFor();
    await page.getByRole('columnheader', { name: 'zone' }).waitFor();
    const sources = await page.locator('.row .from').allTextContents();
    expect(sources.map(text => text.split(':')[0])).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    expect(errors).toEqual([]);
  });

  test('all about one host is one page, in either role', async ({ skip }) => {
    if (browser === undefined) return skip('chromium is not installed');
    await using made = await serving([flowOf(1), flowOf(2), udp(3)], { anonymous: 'read' });
    const { page, errors } = await open(browser, `${made.server.url}/#/host?host=203.0.113.7`);
    await page.getByRole('heading', { name: '203.0.113.7' }).waitFor();
    await matched(page, 3).waitFor();
    await page.getByRole('button', { name: 'All about 10.0.0.2' }).click();
    await page.getByRole('heading', { name: '10.0.0.2' }).waitFor();
    await matched(page, 1).waitFor();
    expect(errors).toEqual([]);
  });

  test('a read-only server offers no changes, whatever the token allows', async ({ skip }) => {
    if (browser === undefined) return skip('chromium is not installed');
    await using made = await serving([flowOf(1)], { readOnly: true });
    const opened = await open(browser, `${made.server.url}/#/flows?filter=proto%3Dtcp`);
    const { page } = opened;
    await logIn(opened, TOKEN);
    await page.locator('.row').first().waitFor();
    await page.getByRole('grid').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('complementary').waitFor();
    expect(await page.getByRole('button', { name: /delete|^set$/ }).count()).toBe(0);
  });

  test('a capture is shown read-only, says that it is none of a live table, and refuses what it does not contain', async ({
    skip,
  }) => {
    if (browser === undefined) return skip('chromium is not installed');
    const file = fileURLToPath(new URL('../../../cli/samples/gateway.txt', import.meta.url));
    const table = new ConntrackTable(new CaptureSource(file));
    const server = await serve({ table, listen: '127.0.0.1:0', adminToken: TOKEN, anonymous: 'read', grace: 100 });
    try {
      const opened = await open(browser, server.url);
      const { page, errors } = opened;
      await matched(page, 68).waitFor();
      await page.getByText('This is not a live table: a capture').waitFor();
      await page
        .getByRole('region', { name: 'Groups by state' })
        .getByRole('button', { name: 'ESTABLISHED' })
        .waitFor();
      expect(await page.getByRole('navigation').getByRole('button').allTextContents()).not.toContain('Expected');
      await page.getByText('export', { exact: true }).click();
      const saved = page.waitForEvent('download');
      await page.getByRole('link', { name: 'csv' }).click();
      const lines = readFileSync((await (await saved).path())!, 'utf8')
        .trimEnd()
        .split('\n');
      expect(lines).toHaveLength(69);
      // The admin token may delete, and a capture cannot be changed.
      await page.getByRole('button', { name: 'anonymous' }).click();
      await logIn(opened, TOKEN);
      await page.getByRole('button', { name: 'admin' }).waitFor();
      await page.getByLabel('Filter', { exact: true }).fill('proto=tcp');
      await page.getByRole('grid').focus();
      await page.keyboard.press('Enter');
      await page.getByRole('complementary').waitFor();
      expect(await page.getByRole('button', { name: /delete|^set$/ }).count()).toBe(0);
      await page.getByLabel('Filter', { exact: true }).fill('age.gt=1h');
      await page.getByRole('alert').getByText('no entry of', { exact: false }).waitFor();
      expect(errors).toEqual([]);
    } finally {
      await server.close();
    }
  });

  test('expected connections are listed with the connection that announced them', async ({ skip }) => {
    if (browser === undefined) return skip('chromium is not installed');
    const { original } = flowOf(1);
    const expectation: Expectation = {
      family: 'ipv4',
      protocol: 'tcp',
      protonum: 6,
      tuple: { src: '192.0.2.80', dst: '10.0.0.1', sport: 0, dport: 50_001 },
      mask: { src: '255.255.255.255', dst: '255.255.255.255', sport: 0, dport: 65_535 },
      master: { ...original, family: 'ipv4', protonum: 6 },
      helper: 'ftp<b>',
      timeout: 290,
    };
    const table = new ConntrackTable(new MemorySource([flowOf(1)], { expectations: [expectation] }));
    const server = await serve({ table, listen: '127.0.0.1:0', anonymous: 'read', grace: 100 });
    try {
      const opened = await open(browser, server.url);
      const { page, errors } = opened;
      await page.getByRole('button', { name: 'Expected' }).click();
      const row = page.getByRole('row', { name: /192\.0\.2\.80 → 10\.0\.0\.1:50001/ });
      await row.getByText('ftp<b>').waitFor();
      await expectAccessible(opened);
      await row.getByRole('button').click();
      await matched(page, 1).waitFor();
      expect(errors).toEqual([]);
    } finally {
      await server.close();
    }
  });

  test('markup in the strings of flows stays text', async ({ skip }) => {
    if (browser === undefined) return skip('chromium is not installed');
    const markup = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    const hostile = flowOf(1, { helper: markup, secctx: markup, labels: [markup], state: markup as never });
    await using made = await serving([hostile], { anonymous: 'read', node: 'a<b>c' });
    const columns = 'proto,state,from,to,flags,labels,secctx';
    const hash = `columns=${columns}&groups=helper~state~src`;
    const { page, errors, urls } = await open(browser, `${made.server.url}/#/flows?${hash}`);
    await page.locator('.row').first().waitFor();
    expect(await page.locator('.row').first().textContent()).toContain(markup);
    await page.getByRole('grid').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('complementary').waitFor();
    await page.getByLabel('Filter', { exact: true }).fill(markup);
    await page.locator('.fault').first().waitFor();
    expect(await page.locator('#console img, #console script').count()).toBe(0);
    expect(await page.title()).toBe('conntrack');
    expect(errors).toEqual([]);
    expect(urls.filter(url => url.endsWith('/x'))).toEqual([]);
  });

  test('the page recovers when its server is restarted', async ({ skip }) => {
    if (browser === undefined) return skip('chromium is not installed');
    const first = await serving([flowOf(1)], { anonymous: 'read' });
    const listen = new URL(first.server.url).host;
    const { page } = await open(browser, first.server.url);
    await matched(page, 1).waitFor();
    await first.server.close();
    await page.getByRole('alert').waitFor();
    await using _second = await serving([flowOf(1), flowOf(2)], { anonymous: 'read', listen });
    await matched(page, 2).waitFor();
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });

  test('events are shown as they happen, under the filter', async ({ skip }) => {
    if (browser === undefined) return skip('chromium is not installed');
    await using made = await serving([flowOf(1)], { anonymous: 'read' });
    const { page } = await open(browser, `${made.server.url}/#/events?filter=proto%3Dtcp`);
    await page.getByText('Nothing has happened yet').waitFor();
    await made.table.create(freshFlow(8, { protonum: 17 }));
    const { key } = await made.table.create(freshFlow(7));
    await page.getByRole('button', { name: /new.*10\.0\.0\.7:20007/ }).waitFor();
    await made.table.delete(key!);
    await page.getByRole('button', { name: /end.*10\.0\.0\.7:20007/ }).waitFor();
    expect(await page.locator('.event').count()).toBe(2);
  });

  test('who is behind a public address and port is one dialog away', async ({ skip }) => {
    if (browser === undefined) return skip('chromium is not installed');
    await using made = await serving(
      Array.from({ length: 50 }, (_, n) => flowOf(n)),
      { anonymous: 'read' },
    );
    const { page } = await open(browser, made.server.url);
    await matched(page, 50).waitFor();
    await page.keyboard.press('b');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('public address and port').fill('203.0.113.7:20042');
    await dialog.getByRole('button', { name: 'find' }).click();
    await dialog.getByText('10.0.0.42:20042').waitFor();
    expect(await dialog.getByRole('listitem').count()).toBe(1);
    await dialog.getByLabel('public address and port').fill('203.0.113.7:x');
    await dialog.getByRole('button', { name: 'find' }).click();
    await dialog.getByText('is not an address with a port', { exact: false }).waitFor();
  });
});

describe('the console on the kernel', () => {
  test('the console shows live traffic in both themes and sizes, without serious accessibility findings', async ({
    skip,
  }) => {
    if (browser === undefined) return skip('chromium is not installed');
    const missing = labAvailable();
    if (missing !== undefined) return skip(missing);
    await using lab = await createNatLab(DEMO_LAB);
    await using _traffic = await startDemoTraffic(lab);
    await using table = await openTable('kernel', { netns: lab.router.path });
    const server = await serve({ table, listen: '127.0.0.1:0', adminToken: TOKEN, anonymous: 'read', grace: 100 });
    try {
      for (const viewport of [WIDE, PHONE])
        for (const colorScheme of ['dark', 'light'] as const) {
          const opened = await open(browser, `${server.url}/#/flows`, { viewport, colorScheme });
          const { page, errors } = opened;
          await page.locator('.row').nth(5).waitFor();
          // Rates need two answers.
          await expect.poll(() => page.locator('.up').count()).toBeGreaterThan(viewport === WIDE ? 0 : -1);
          await page.getByRole('grid').focus();
          await page.keyboard.press('Enter');
          await page.getByRole('complementary').waitFor();
          await expectAccessible(opened);
          const root = 'document.documentElement';
          expect(await page.evaluate(`${root}.scrollWidth <= ${root}.clientWidth`)).toBe(true);
          for (const name of ['Events', 'Health']) {
            await page.keyboard.press('Escape');
            await page.getByRole('button', { name, exact: true }).click();
            await page.getByRole('region', { name }).waitFor();
            await expectAccessible(opened);
          }
          expect(errors).toEqual([]);
          await opened.context.close();
        }
    } finally {
      await server.close();
    }
  });
});
