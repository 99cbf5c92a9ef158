// Writes where the project is hosted into the manifest of every package: node scripts/metadata.mjs https://github.com/OWNER/NAME
// The release workflow runs it before it publishes. npm shows the addresses, and checks the provenance against them.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const url = process.argv[2] ?? '';
if (!/^https:\/\/[^/]+\/[^/]+\/[^/]+$/.test(url)) {
  console.error('usage: node scripts/metadata.mjs https://HOST/OWNER/NAME');
  process.exit(2);
}
for (const name of readdirSync('packages')) {
  const file = join('packages', name, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  if (manifest.private) continue;
  manifest.homepage = `${url}/tree/main/packages/${name}#readme`;
  manifest.bugs = `${url}/issues`;
  manifest.repository = { type: 'git', url: `git+${url}.git`, directory: `packages/${name}` };
  writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
}
