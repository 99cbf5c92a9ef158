import type { Renewal } from '@conntrack/api/options';
import { keyFileOf, readKeys } from './jwt.js';
import { certificatesOf } from './resolve.js';
import type { Config } from './schema.js';
import { tokensOf } from './tokens.js';

/** Files of a configuration that belong together. A running server reads them again when they change. */
export interface FileGroup {
  readonly what: 'certificate' | 'tokens' | 'keys';
  /** Files, or folders of files. */
  readonly paths: readonly string[];
  /** Reads the files, and returns what the server can replace. @throws ConfigError with all faults */
  read(): Renewal;
}

/**
 * The file groups of a configuration: one for each address with a certificate, so that a broken one does not block the
 * others, one for the tokens, and one for an issuer's keys.
 */
export function filesOf(config: Config): FileGroup[] {
  const certificates = certificatesOf(config).map(({ index, paths, read }): FileGroup => {
    const before = new Array<undefined>(index).fill(undefined);
    return { what: 'certificate', paths, read: () => ({ tls: [...before, read()] }) };
  });
  const { tokens } = config;
  const keys = keyFileOf(config);
  return [
    ...certificates,
    ...(tokens === undefined
      ? []
      : [{ what: 'tokens', paths: [tokens], read: () => ({ tokens: tokensOf(config) ?? [] }) } as const]),
    ...(keys === undefined ? [] : [{ what: 'keys', paths: [keys], read: () => ({ jwks: readKeys(keys) }) } as const]),
  ];
}
