// flow, parser and filter load and run in a browser: a real one, from a page without any server.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { dumpDom, findChromium } from './chromium.js';

const script = `
  import { parseText } from '@conntrack/parser';
  import { parseQuery } from '@conntrack/filter';
  import { compileFilter } from '@conntrack/filter/compile';
  import { FlowObjectCursor } from '@conntrack/flow';

  const text = [
    'ipv4     2 tcp      6 300 ESTABLISHED src=1.1.1.2 dst=2.2.2.2 sport=2000 dport=80 src=2.2.2.2 dst=1.1.1.1 sport=80 dport=12000 [ASSURED] mark=0 use=2',
    'ipv4     2 icmp     1 3 src=1.1.1.2 dst=1.1.1.1 type=8 code=0 id=32354 src=1.1.1.1 dst=1.1.1.2 type=0 code=0 id=32354 mark=0 use=2',
  ].join('\\n') + '\\n';
  const matches = compileFilter(parseQuery('proto=tcp&state=ESTABLISHED').filter);
  const found = [...parseText(text)].filter(flow => matches(new FlowObjectCursor(flow)));
  document.body.textContent = 'found ' + found.length + ': ' + found[0].original.src;
`;

it('flow, parser and filter run in Chromium', async ({ skip }) => {
  const browser = findChromium();
  if (browser === undefined) return skip('chromium is not installed');
  const bundle = await build({
    stdin: { contents: script, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    conditions: ['@conntrack/source'],
  });
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-browser-'));
  try {
    const page = join(folder, 'page.html');
    const code = bundle.outputFiles[0]!.text.replaceAll('</script', '<\\/script');
    writeFileSync(page, `<!doctype html><meta charset="utf-8"><body><script type="module">${code}</script>`);
    const stdout = dumpDom(browser, `${folder}/profile`, `file://${page}`);
    expect(stdout).toContain('found 1: 1.1.1.2');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
