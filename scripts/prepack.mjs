// Runs before a package is packed or published: refuses what users could not use.
import { existsSync, readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const refuse = reason => {
  console.error(`${manifest.name} is not packed: ${reason}`);
  process.exit(1);
};

// Only pnpm replaces these by versions. With npm, nobody could install the package.
if (!process.env.npm_config_user_agent?.startsWith('pnpm/'))
  refuse('its dependencies are those of the workspace. Pack and publish with pnpm: npx -y pnpm@12.21.0 pack');

/** Every file that the manifest leads to. */
const filesOf = value =>
  typeof value === 'string' ? [value] : Object.values(value ?? {}).flatMap(member => filesOf(member));
const { exports = {}, bin = {}, man = [] } = { ...manifest, ...manifest.publishConfig };
const missing = filesOf([exports, bin, man]).filter(file => !file.includes('*') && !existsSync(file));
if (missing.length > 0) refuse(`${missing[0]} is missing. Build first: npx -y pnpm@12.21.0 build`);
