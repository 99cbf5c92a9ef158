import { readFileSync } from 'node:fs';
import * as filter from '@conntrack/filter';
import * as compile from '@conntrack/filter/compile';
import * as flow from '@conntrack/flow';
import ts from 'typescript';
import { expect, it } from 'vitest';
import * as index from '../src/index.js';

it('the README’s example prints what it says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const program = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  const printed: string[] = [];
  const { outputText } = ts.transpileModule(program, {
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.CommonJS },
  });
  const modules: Readonly<Record<string, unknown>> = {
    '@conntrack/filter': filter,
    '@conntrack/filter/compile': compile,
    '@conntrack/flow': flow,
    '@conntrack/index': index,
  };
  const log = (...values: unknown[]): void => void printed.push(values.join(' '));
  new Function('require', 'exports', 'console', outputText)((name: string) => modules[name], {}, { log });
  expect(printed).toEqual([...program.matchAll(/; \/\/ (.*)$/gm)].map(([, text]) => text));
  expect(printed).toHaveLength(1);
});
