import { defineConfig, type Options } from 'tsup';

/** The build configuration of every package: ESM for Node 20, declarations, `node:` kept. */
export const library = (options: Options = {}) =>
  defineConfig({
    entry: ['src/index.ts'],
    format: 'esm',
    target: 'es2023',
    platform: 'node',
    clean: true,
    sourcemap: true,
    removeNodeProtocol: false,
    dts: { compilerOptions: { ignoreDeprecations: '6.0', noEmit: false, customConditions: [] } },
    ...options,
  });
