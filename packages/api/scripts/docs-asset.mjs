// Puts the script of /docs into dist, compressed: who installs this package gets one file, and none of the packages that it was made from.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const script = fileURLToPath(import.meta.resolve('@scalar/api-reference/browser/standalone.js'));
const folder = new URL('../dist/docs/', import.meta.url);
mkdirSync(folder, { recursive: true });
const text = readFileSync(script);
const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
writeFileSync(new URL('reference.js.br', folder), brotliCompressSync(text, { params }));
const { name, version, homepage } = JSON.parse(readFileSync(join(dirname(script), '../../package.json'), 'utf8'));
// Its package on npm has no licence text. This is the one of its repository.
const license = readFileSync(new URL('scalar-license.txt', import.meta.url), 'utf8');
writeFileSync(new URL('licenses.txt', folder), `reference.js.br is ${name} ${version}, ${homepage}\n\n${license}`);
