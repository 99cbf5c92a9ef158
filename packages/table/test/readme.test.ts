import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const errors = readFileSync(new URL('../../flow/src/table/errors.ts', import.meta.url), 'utf8');

describe('the README', () => {
  it('the README lists exactly the existing error codes', () => {
    const codes = [...errors.matchAll(/^ {2}\| '([A-Z_]+)'/gm)].map(([, code]) => code);
    const listed = [...readme.slice(readme.indexOf('## Errors')).matchAll(/`([A-Z][A-Z_]+)`/g)];
    expect(codes.length).toBeGreaterThan(15);
    expect(listed.map(([, code]) => code).sort()).toEqual(codes.sort());
  });

  it('the README’s example of a table in memory runs', async () => {
    const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);
    const inMemory = blocks.filter(code => !code.includes("openTable('kernel'"));
    expect(inMemory.length).toBe(2);
    for (const code of inMemory) {
      const body = code.replaceAll(/^import \{ (.*) \} from '(.*)';$/gm, "const { $1 } = await load('$2');");
      const printed: unknown[][] = [];
      const run = Object.getPrototypeOf(async () => {}).constructor('load', 'console', body) as (
        load: (name: string) => Promise<unknown>,
        console: { log(...values: unknown[]): void },
      ) => Promise<void>;
      await run(name => (name === '@conntrack/table' ? import('../src/index.js') : import('@conntrack/filter')), {
        log: (...values) => void printed.push(values),
      });
      const promised = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
      expect(
        printed.map(values => values.map(each => (typeof each === 'object' ? JSON.stringify(each) : each)).join(' ')),
      ).toEqual(promised.map(text => text!.replace('{ udp: 1 }', '{"udp":1}')));
    }
  });
});
