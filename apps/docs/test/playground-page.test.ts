// Tests the built playground in a real browser, from a page around it, under a policy that forbids requests.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';
import { findChromium, openPage } from './chromium.js';

const DIST = join(import.meta.dirname, '../.vitepress/dist');
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; connect-src 'none'";

/** What the driver reports. */
interface Findings {
  error?: string;
  first: string;
  wrong: string;
  right: { query: string; expression: string; summary: string; shown: string };
  proposals: string;
  taken: string;
  hash: string;
  large: string;
  turns: number;
  requests: string[];
}

// Runs in the page around the playground.
const DRIVER = `
const frame = document.querySelector('iframe');
const post = findings => fetch('/findings', { method: 'POST', body: JSON.stringify(findings) });
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));
const until = async (what, holds) => {
  for (let i = 0; i < 6000; i++) { if (holds()) return; await sleep(10); }
  throw new Error('never: ' + what + ' – ' + (frame.contentDocument.querySelector('#ct-summary')?.textContent ?? 'no page'));
};
const $ = id => frame.contentDocument.getElementById(id);
const text = id => $(id)?.textContent ?? '';
const type = (id, value) => { $(id).value = value; $(id).dispatchEvent(new Event('input', { bubbles: true })); };
const key = name => $('ct-filter').dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }));
async function drive() {
  const found = {};
  await until('first scan', () => text('ct-summary').includes('of 6'));
  found.first = text('ct-summary');
  const before = frame.contentWindow.performance.getEntriesByType('resource').length;
  type('ct-filter', 'proto=tcp&stat=ESTABLISHED');
  await until('fault', () => text('ct-faults') !== '');
  found.wrong = text('ct-faults');
  type('ct-filter', 'proto == udp and dport == 53');
  await until('udp', () => text('ct-faults') === '' && text('ct-shown').startsWith('udp'));
  found.right = { query: text('ct-query'), expression: text('ct-expression'), summary: text('ct-summary'), shown: text('ct-shown') };
  type('ct-filter', 'proto=tcp&stat');
  await until('proposals', () => $('ct-list').children.length > 0);
  found.proposals = text('ct-list');
  key('ArrowDown');
  await sleep(50);
  key('Enter');
  await until('taken', () => $('ct-filter').value !== 'proto=tcp&stat');
  found.taken = $('ct-filter').value;
  type('ct-filter', 'proto=udp');
  await until('hash', () => frame.contentWindow.location.hash.includes('filter=proto%3Dudp'));
  found.hash = frame.contentWindow.location.hash;

  const line = i => 'udp      17 10 src=192.0.2.1 dst=198.51.100.' + (i % 200) + ' sport=3000 dport=53 src=198.51.100.' + (i % 200) + ' dst=192.0.2.1 sport=53 dport=3000 mark=0 use=1\\n';
  const data = new frame.contentWindow.DataTransfer();
  data.items.add(new frame.contentWindow.File(Array.from({ length: 100000 }, (_, i) => line(i)), 'large.txt'));
  // Turns of the page's event loop during a scan: without slices there are none.
  let [turns, reading] = [0, true];
  const turn = () => { turns++; if (reading) frame.contentWindow.setTimeout(turn); };
  $('ct-file').files = data.files;
  $('ct-file').dispatchEvent(new Event('change', { bubbles: true }));
  turn();
  await until('large file', () => text('ct-summary').startsWith('100,000 of 100,000') && $('ct-summary').dataset.done === 'true');
  reading = false;
  found.large = text('ct-summary');
  found.turns = turns;
  found.requests = frame.contentWindow.performance.getEntriesByType('resource').slice(before).map(entry => entry.name);
  return found;
}
frame.addEventListener('load', () => drive().then(post, error => post({ error: String(error) })), { once: true });
`;

it('the playground filters in the browser, reports faults, completes, and stays responsive with 100,000 lines', async ({
  skip,
}) => {
  const browser = findChromium();
  if (browser === undefined) return skip('chromium is not installed');
  expect(existsSync(join(DIST, 'playground.html')), 'the site is built').toBe(true);
  let tell: (findings: Findings) => void = () => {};
  const told = new Promise<Findings>(resolve => {
    tell = resolve;
  });
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url!, 'http://localhost').pathname);
    if (path === '/drive') {
      response.setHeader('content-type', 'text/html');
      return response.end(
        `<!doctype html><iframe src="/playground" width="1000" height="800"></iframe><script>${DRIVER}</script>`,
      );
    }
    if (path === '/findings') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      response.end();
      return tell(JSON.parse(Buffer.concat(chunks).toString()) as Findings);
    }
    const file = [join(DIST, path), join(DIST, `${path}.html`)].find(one => existsSync(one) && statSync(one).isFile());
    if (file === undefined) return response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
    });
    response.end(readFileSync(file));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const profile = mkdtempSync(join(tmpdir(), 'conntrack-playground-'));
  const { port } = server.address() as AddressInfo;
  const page = openPage(browser, profile, `http://127.0.0.1:${port}/drive`);
  try {
    const late = new Promise<never>((_, reject) =>
      setTimeout(() => reject(new Error('the page told nothing')), 100_000).unref(),
    );
    const found = await Promise.race([told, late]);
    expect(found.error).toBeUndefined();
    expect(found.first).toMatch(/^\d+ of \d+ flows match/);
    expect(found.wrong).toContain("unknown field 'stat'");
    expect(found.wrong).toContain('use state');
    expect(found.right.query).toContain('dport=53');
    expect(found.right.expression).toContain('proto == udp');
    for (const line of found.right.shown.split('\n')) expect(line).toMatch(/^udp .* dport=53 /);
    expect(found.proposals).toContain('state=');
    expect(found.taken).toMatch(/^proto=tcp&stat\w+=?/);
    expect(found.hash).toContain('filter=proto%3Dudp');
    expect(found.large).toBe('100,000 of 100,000 flows match (read as conntrack)');
    expect(found.turns).toBeGreaterThan(10);
    // VitePress prefetches the scripts of linked pages, which have fixed names. Nothing else may be requested.
    expect(
      found.requests.filter(url => !/^http:\/\/127\.0\.0\.1:\d+\/assets\/[\w.-]+\.md\.[\w-]+\.js$/.test(url)),
    ).toEqual([]);
  } finally {
    const gone = new Promise(resolve => page.once('exit', resolve));
    if (page.pid !== undefined && page.exitCode === null) {
      process.kill(-page.pid, 'SIGKILL');
      await gone;
    }
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
