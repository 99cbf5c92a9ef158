import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as tables from '../../src/wire/attributes.js';
import * as uapi from '../../src/wire/uapi.js';

const HEADERS = [
  'netlink.h',
  'netfilter/nfnetlink.h',
  'netfilter/nfnetlink_conntrack.h',
  'netfilter/nfnetlink_compat.h',
];

/** Enumerators and numeric defines of a C header. Sufficient for uapi headers, whose enums count up from 0 or a literal. */
function numbersOf(source: string): Map<string, number> {
  const numbers = new Map<string, number>();
  const text = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^#\s*(if|endif|else|undef|ifndef|include).*$/gm, '');
  for (const [, name, value] of text.matchAll(/^#define\s+(\w+)\s+(0x[\da-fA-F]+|\d+)\s*$/gm))
    numbers.set(name!, Number(value));
  for (const [, body] of text.matchAll(/enum\s+\w*\s*\{([^}]*)\}/g)) {
    let next = 0;
    for (const item of body!.replace(/^#define.*$/gm, '').split(',')) {
      const [, name, value] = /^\s*(\w+)\s*(?:=\s*(\w+))?\s*$/.exec(item) ?? [];
      if (name === undefined) continue;
      if (value !== undefined) next = numbers.get(value) ?? Number(value);
      numbers.set(name, next++);
    }
  }
  return numbers;
}

// Not in uapi headers (net/netfilter/nf_internals.h), compound, or newer than the oldest supported headers.
const ELSEWHERE = /^CTA_FILTER_F_|^NLA_TYPE_MASK$|^NLM_F_DUMP$|^NFNETLINK_V1$|^AF_NETLINK$/;

/** Every row of every table, with nested ones. */
const rows = (() => {
  const found = new Map<string, number>();
  const collect = (table: readonly tables.Attribute[]): void => {
    for (const { name, number, nested } of table) {
      found.set(name, number);
      if (nested) collect(nested);
    }
  };
  for (const table of Object.values(tables)) collect(table);
  return found;
})();

test('the numbers are those of the kernel headers', context => {
  const files = HEADERS.map(name => `/usr/include/linux/${name}`).filter(existsSync);
  if (files.length < 3) context.skip('linux-libc-dev is not installed');
  const known = numbersOf(files.map(file => readFileSync(file, 'utf8')).join('\n'));
  const checked = [...Object.entries(uapi), ...rows].filter(([name]) => !ELSEWHERE.test(name) && known.has(name));
  expect(Object.fromEntries(checked)).toEqual(Object.fromEntries(checked.map(([name]) => [name, known.get(name)])));
  expect(checked.length).toBeGreaterThan(220);
});

test('every attribute of the kernel headers is in the tables', context => {
  const file = '/usr/include/linux/netfilter/nfnetlink_conntrack.h';
  if (!existsSync(file)) context.skip('linux-libc-dev is not installed');
  // The others are never sent.
  const passed = /UNSPEC$|MAX$|^CTA_NAT$|^CTA_NAT_(MIN|MAX)IP$|^CTA_NAT_SEQ_|^CTA_SECMARK$|^CTA_PAD$/;
  const missing = [...numbersOf(readFileSync(file, 'utf8')).keys()].filter(
    name => /^CTA_/.test(name) && !passed.test(name) && !rows.has(name),
  );
  expect(missing).toEqual([]);
});
