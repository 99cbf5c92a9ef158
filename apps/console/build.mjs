// Bundles the console into static files: one script, one style sheet, one page. @conntrack/api ships and serves them.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { licenses } from '../../scripts/licenses.mjs';

const here = path => fileURLToPath(new URL(path, import.meta.url));

rmSync(here('dist'), { recursive: true, force: true });
mkdirSync(here('dist'), { recursive: true });
await build({
  entryPoints: { app: here('src/main.tsx'), style: here('src/style/index.css') },
  outdir: here('dist'),
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: ['es2023', 'chrome111', 'firefox115', 'safari16.4'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  plugins: [licenses(() => here('dist/licenses.txt'))],
  charset: 'utf8',
  // The packages are bundled from source, so that unused parts of them are left out.
  conditions: ['@conntrack/source'],
});
cpSync(here('src/index.html'), here('dist/index.html'));
