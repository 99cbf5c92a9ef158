import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { labAvailable, Namespace } from '@conntrack/lab';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const examples = [...readFileSync(`${root}README.md`, 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);

test('the example in the README lists the table, and prints its number of entries', async context => {
  const reason = labAvailable();
  if (reason !== undefined) context.skip(reason);
  using namespace = Namespace.create();
  expect(examples).toHaveLength(1);
  // Inside the package, so that the package's own name resolves.
  mkdirSync(`${root}.vitest`, { recursive: true });
  const file = `${root}.vitest/readme.mts`;
  writeFileSync(file, examples[0]!);
  context.onTestFinished(() => rmSync(file));
  const node = ['--conditions=@conntrack/source', '--import', 'tsx', file];
  expect(await namespace.run(process.execPath, node)).toMatchObject({
    status: 0,
    stdout: '',
    stderr: 'conntrack v1.4.7 (conntrack-tools): 0 flow entries have been shown.\n',
  });
});
