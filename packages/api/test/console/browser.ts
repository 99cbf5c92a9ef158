import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { findChromium } from '../../../../apps/docs/test/chromium.js';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts this machine's Chromium; `undefined` if it is not installed. */
export async function launch(): Promise<Browser | undefined> {
  const name = findChromium();
  if (name === undefined) return undefined;
  return chromium.launch({ executablePath: `/usr/bin/${name}`, args: FLAGS });
}

export const WIDE = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

/** A page, and what went wrong in it: errors, and requests that left the server. */
export interface Opened {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly errors: string[];
  /** The URLs of all requests. */
  readonly urls: string[];
}

/** Opens a page in a context of its own. */
export async function open(
  browser: Browser,
  url: string,
  options: { viewport?: typeof WIDE; colorScheme?: 'dark' | 'light' } = {},
): Promise<Opened> {
  const context = await browser.newContext({ viewport: WIDE, colorScheme: 'dark', ...options });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const errors: string[] = [];
  const urls: string[] = [];
  page.on('pageerror', error => errors.push(error.message));
  page.on('console', message => {
    // A request that the server refuses is shown on the page, and Chromium reports it too.
    if (message.type() === 'error' && !/Failed to load resource|net::ERR/.test(message.text()))
      errors.push(message.text());
  });
  page.on('request', request => urls.push(request.url()));
  await page.goto(url);
  return { page, context, errors, urls };
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Checks a page, or an element of it, with axe-core: no serious or critical finding. The policy of the page allows no other script, so it runs in an isolated world. */
export async function expectAccessible({ page }: Opened, within = 'html'): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send('Page.getFrameTree');
  const { executionContextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id });
  const run = async (expression: string) =>
    session.send('Runtime.evaluate', {
      expression,
      contextId: executionContextId,
      awaitPromise: true,
      returnByValue: true,
    });
  await run(axe);
  const { result } = await run(`axe.run('${within}').then(({ violations }) => JSON.stringify(violations))`);
  const violations = JSON.parse(result.value) as {
    id: string;
    impact: string;
    nodes: { html: string; failureSummary: string }[];
  }[];
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`).join('\n')}`,
    );
  expect(serious).toEqual([]);
}
