import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredToken } from '@conntrack/api/options';
import type { z } from 'zod';
import { ConfigError } from './config-error.js';
import { gather } from './gather.js';
import { holderOf } from './holder.js';
import { readFile } from './read.js';
import { type Config, type TokenSchema, TokensSchema } from './schema.js';

/** A token with its place in the configuration. */
interface Written {
  token: z.output<typeof TokenSchema>;
  where: string;
  setting: string;
}

/**
 * The names of token files in a folder. Copies of editors and package managers (`a.yaml~`, `a.yaml.dpkg-old`) do not
 * match: they may contain revoked tokens.
 */
const TOKEN_FILE = /^[^.].*\.(ya?ml|json)$/;

/**
 * The token files at a path: the file itself, or those in a folder. Symbolic links are followed.
 *
 * @throws ConfigError
 */
export function tokenFiles(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path)
      .filter(name => TOKEN_FILE.test(name))
      .sort()
      .map(name => join(path, name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError([{ where: path, setting: '', message: `cannot read this path (${code})` }], error);
  }
}

const listed = (list: readonly Written['token'][], where: string, setting: string): Written[] =>
  list.map((token, i) => ({ token, where, setting: `${setting}[${i}]` }));

/**
 * Tokens as a server stores them. A repeated hash is rejected, because it would have two holders.
 *
 * @throws ConfigError with all faults
 */
function stored(written: readonly Written[]): StoredToken[] {
  const seen = new Map<string, string>();
  return gather(
    written.map(({ token, where, setting }) => () => {
      const hash = token.sha256.toLowerCase();
      const twin = seen.get(hash);
      if (twin !== undefined)
        throw new ConfigError([
          {
            where,
            setting,
            message: `'${token.name}' and '${twin}' have the same hash. Create a token for each: ctctl token NAME`,
          },
        ]);
      seen.set(hash, token.name);
      return holderOf(token, where, `${setting}.filter`) as StoredToken;
    }),
  );
}

const writtenIn = (path: string): Written[] =>
  gather(
    tokenFiles(path).map(file => () => listed(readFile(file, TokensSchema, { secret: true }).tokens, file, 'tokens')),
  ).flat();

/** Reads the tokens of a file, or of all files of a folder. @throws ConfigError with all faults and their places */
export const readTokens = (path: string): StoredToken[] => stored(writtenIn(path));

/** All tokens of a configuration. `undefined` if no tokens are configured. @throws ConfigError */
export function tokensOf({ tokens, tokenList }: Config): StoredToken[] | undefined {
  if (tokens === undefined && tokenList === undefined) return undefined;
  return stored([...(tokens === undefined ? [] : writtenIn(tokens)), ...listed(tokenList ?? [], '', 'tokenList')]);
}
