import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FormatOptions, formatFlow, XML_FOOTER, XML_HEADER } from '@conntrack/parser/format';
import { afterAll, describe, expect, it } from 'vitest';
import { openTable } from '../src/index.js';
import { all, filter, tcpFlow } from './flows.js';

const folder = mkdtempSync(join(tmpdir(), 'conntrack-table-'));
afterAll(() => rmSync(folder, { recursive: true }));

const FORMATS: readonly FormatOptions[] = [
  { format: 'proc' },
  { format: 'ip_conntrack' },
  { format: 'conntrack' },
  { format: 'conntrack', extended: true, id: true },
  { format: 'save' },
  { format: 'xml' },
  { format: 'ndjson' },
];

describe.each(FORMATS)('a table in memory, loaded from %o', options => {
  it('a loaded table has its flows, runs down by the clock, and can be changed', async () => {
    const path = join(folder, JSON.stringify(options).replaceAll(/\W/g, ''));
    const lines = Array.from({ length: 20 }, (_, i) =>
      formatFlow(tcpFlow(i + 1, { timeout: i < 5 ? 10 : 100 }), options),
    );
    const xml = options.format === 'xml';
    writeFileSync(path, `${xml ? `${XML_HEADER}\n` : ''}${lines.join('\n')}\n${xml ? `${XML_FOOTER}\n` : ''}`);
    let now = 0;
    const table = await openTable(`memory:${path}`, { clock: () => now });
    expect(await table.count()).toBe(20);
    const [first] = await all(table.list({ filter: filter('sport=1001') }));
    expect(first).toMatchObject({ state: 'ESTABLISHED', timeout: 10, reply: { dport: 1001 } });
    expect((await table.update(first!.key!, { mark: 5 })).mark).toBe(5);
    now = 10_001;
    expect(await table.count()).toBe(15);
    expect(await table.deleteMany(filter('state=TIME_WAIT'))).toMatchObject({ changed: 8 });
    now = 100_001;
    expect(await table.count()).toBe(0);
    table.close();
  });
});
