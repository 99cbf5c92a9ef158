import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a copy of this package does with a flow that has a field which the kernel does not have yet. */
const PROGRAM = `
  import { EntryCursor } from './src/entry/cursor.ts';
  import { entry } from './src/testing/answers.ts';
  import { entryFormat } from './src/text.ts';
  import { describeMessage } from './src/wire/describe.ts';
  import { messages } from './src/wire/message.ts';
  const tuple = { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 2 };
  const bytes = entry({ id: 1, family: 'ipv4', protocol: 'udp', protonum: 17, original: tuple, reply: tuple, status: [], timeout: 1, mark: 0, use: 1, trial: 7 })(1);
  const cursor = new EntryCursor(bytes, bytes.length);
  cursor.next();
  const out = new Uint8Array(8192);
  const [message] = [...messages(bytes)];
  console.log(JSON.stringify({
    flow: cursor.flow().trial,
    json: JSON.parse(Buffer.from(out.subarray(0, cursor.write(entryFormat('json'), out, 0))).toString()).trial,
    unknown: cursor.unknown() ?? null,
    line: describeMessage(bytes, message),
  }));`;

test('a new attribute is one row, from which it is decoded, encoded, written as JSON, printed and recognized', context => {
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
  const copy = mkdtempSync(join(root, 'node_modules/.cache/trial-'));
  context.onTestFinished(() => rmSync(copy, { recursive: true }));
  cpSync(join(root, 'src'), join(copy, 'src'), { recursive: true });
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(copy, 'program.ts'), PROGRAM);
  const table = join(copy, 'src/wire/attributes.ts');
  const told = (): unknown =>
    JSON.parse(
      execFileSync(process.execPath, ['--conditions=@conntrack/source', '--import', 'tsx', join(copy, 'program.ts')], {
        cwd: root,
        encoding: 'utf8',
      }),
    );
  expect(told()).toMatchObject({ unknown: null, line: expect.not.stringContaining('28=') });
  const before = readFileSync(table, 'utf8');
  const behind = "  row('CTA_ZONE', ";
  writeFileSync(table, before.replace(behind, `  row('CTA_TRIAL', 28, 'u32', 'trial'),\n${behind}`));
  expect(told()).toEqual({ flow: 7, json: 7, unknown: null, line: expect.stringContaining('CTA_TRIAL=7') });
});
