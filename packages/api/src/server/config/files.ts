import type { Renewal } from '../serve.js';
import { certificatesOf } from './resolve.js';
import type { Config } from './schema.js';
import { tokensOf } from './tokens.js';

/** Files of a configuration that belong together, and that a running server reads again when they change. */
export interface FileGroup {
  readonly what: 'certificate' | 'tokens';
  /** Files, and folders of files. */
  readonly paths: readonly string[];
  /** What a server takes of them. @throws ConfigError with all faults */
  read(): Renewal;
}

/** The groups of a configuration: one for each address with a certificate, so that a broken one does not hold up the others, and one for the tokens. */
export function filesOf(config: Config): FileGroup[] {
  const certificates = certificatesOf(config).map(({ index, paths, read }): FileGroup => {
    const before = new Array<undefined>(index).fill(undefined);
    return { what: 'certificate', paths, read: () => ({ tls: [...before, read()] }) };
  });
  if (config.tokens === undefined) return certificates;
  return [
    ...certificates,
    { what: 'tokens', paths: [config.tokens], read: () => ({ tokens: tokensOf(config) ?? [] }) },
  ];
}
