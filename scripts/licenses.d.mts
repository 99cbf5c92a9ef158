import type { Plugin } from 'esbuild';

export function licenses(file: () => string): Plugin;
