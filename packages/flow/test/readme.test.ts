import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, it } from 'vitest';
import * as flow from '../src/index.js';

it('the README’s example prints what it says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const program = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  const body = program.replace(/^import (\{.*\}) from '@conntrack\/flow';$/m, 'const $1 = flow;');
  const printed: string[] = [];
  new Function('flow', 'console', ts.transpile(body, { target: ts.ScriptTarget.ES2023 }))(flow, {
    log: (...values: unknown[]) => void printed.push(values.join(' ')),
  });
  expect(printed).toEqual([...program.matchAll(/; \/\/ (.*)$/gm)].map(([, text]) => text));
  expect(printed).toHaveLength(5);
});
