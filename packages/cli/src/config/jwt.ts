import type { JsonWebKeySet, JwtOptions } from '@conntrack/api/options';
import { holderOf } from './holder.js';
import { readFile } from './read.js';
import { type Config, KeySetSchema } from './schema.js';

type ConfigJwt = NonNullable<Config['jwt']>;

/** The file with the issuer's keys. `undefined` if the keys come from a URL. */
export const keyFileOf = ({ jwt }: Config): string | undefined =>
  jwt === undefined || jwt.jwks.includes('://') ? undefined : jwt.jwks;

/** Reads keys from a file. @throws ConfigError */
export const readKeys = (file: string): JsonWebKeySet => readFile(file, KeySetSchema);

/** The options for an issuer's tokens, with the keys read if they are in a file. @throws ConfigError */
export function jwtOf(config: Config): JwtOptions | undefined {
  const { jwt } = config;
  if (jwt === undefined) return undefined;
  const file = keyFileOf(config);
  return {
    ...holderOf<ConfigJwt>(jwt, '', 'jwt.filter'),
    jwks: file === undefined ? jwt.jwks : readKeys(file),
  } as JwtOptions;
}
