// Checks the statements in apps/docs/serve.md and deploy.md.
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { ConfigSchema, checked, TokensSchema } from '../src/config/index.js';
import { SETTINGS, VARIABLES } from '../src/serve/settings.js';
import { ctctl } from './ctctl.js';
import { fileOf } from './deploy/files.js';

const page = (name: string): string => readFileSync(new URL(`../../../apps/docs/${name}.md`, import.meta.url), 'utf8');
const serve = page('serve');
const blocks = [...serve.matchAll(/^```yaml\n# (\S+)\n(.*?)^```$/gms)].map(([, name, text]) => [name!, text!] as const);

it('the settings table of the documentation has all settings, with flags, variables and places in a file', () => {
  const rows = [...serve.matchAll(/^\| `(--[^`]+)` +\| `(CTCTL_\w+)` +\| `([\w.]+)` +\|$/gm)];
  expect(rows.map(([, flag, variable, path]) => [flag, variable, path])).toEqual(
    SETTINGS.map(({ flag, path }, i) => [flag, VARIABLES[i]![0], path.join('.')]),
  );
});

it("the example files of the documentation are valid, and the server's file has every setting", () => {
  const origin = { where: (path: readonly PropertyKey[]) => path.join('.') };
  const [[, config], [, tokens]] = blocks as [readonly [string, string], readonly [string, string]];
  const { tls: _, socketMode: __, netns: ___, ...settings } = ConfigSchema.shape;
  expect(Object.keys(checked(parse(config), ConfigSchema, origin)).sort()).toEqual(Object.keys(settings).sort());
  expect(checked(parse(tokens), TokensSchema, origin).tokens).toHaveLength(1);
});

it('the documented command creates a token', async () => {
  const [, line] = /^\$ ctctl (.*)$/m.exec(serve)!;
  const argv = [...line!.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
  expect(await ctctl(argv)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ct_/) });
});

it('the documented files of the deployment exist', () => {
  const names = [
    ...page('deploy').matchAll(/(?:`|deploy\/)((?:systemd|docker|kubernetes|prometheus|grafana)\/[\w.-]+)/g),
  ];
  expect(names.length).toBeGreaterThan(9);
  for (const [, name] of names) expect(existsSync(fileOf(name!)), name).toBe(true);
});
