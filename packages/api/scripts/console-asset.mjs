// Puts the files of the web console (apps/console) into dist, compressed: the server sends them as they are.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';

const from = new URL('../../../apps/console/dist/', import.meta.url);
const to = new URL('../dist/console/', import.meta.url);
mkdirSync(to, { recursive: true });
for (const name of readdirSync(from)) {
  if (name === 'licenses.txt') {
    copyFileSync(new URL(name, from), new URL(name, to));
    continue;
  }
  const bytes = readFileSync(new URL(name, from));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  writeFileSync(new URL(`${name}.br`, to), brotliCompressSync(bytes, { params }));
}
