import zlib from 'node:zlib';
import { OptionsError } from '@conntrack/flow';
import { checkOptions, type OptionRules, oneOf, whole } from '@conntrack/flow/checks';

/** How finished files are compressed. */
export type Compression = (typeof COMPRESSIONS)[number];
const COMPRESSIONS = ['none', 'gzip', 'zstd'] as const;

/** Options of NDJSON files. */
export interface NdjsonFilesOptions {
  /** Bytes at which a file is finished and another one begun. Default: 256 MiB. */
  maxBytes?: number;
  /** Seconds after which a file is finished, if it has a row. Default: 3,600. */
  maxAge?: number;
  /** Compression of finished files. `zstd` needs Node 22.15. Default: `none`. */
  compress?: Compression;
  /** Bytes that finished files may have in all. The oldest ones are deleted. Default: no limit. */
  keepBytes?: number;
  /** Days after which finished files are deleted. Default: no limit. */
  keepDays?: number;
  /** Bytes of rows that wait for the disk. Further ones are dropped. Default: 32 MiB. */
  backlog?: number;
}

const RULES: OptionRules<NdjsonFilesOptions> = {
  maxBytes: whole(2 ** 40, 65_536),
  maxAge: whole(31_536_000, 1),
  compress: oneOf(COMPRESSIONS),
  keepBytes: whole(2 ** 50, 65_536),
  keepDays: whole(36_500, 1),
  backlog: whole(2 ** 30, 65_536),
};

/** Options with every default. */
export type CompleteOptions = Required<Omit<NdjsonFilesOptions, 'keepBytes' | 'keepDays'>> &
  Pick<NdjsonFilesOptions, 'keepBytes' | 'keepDays'>;

/** Returns options with every default. @throws OptionsError */
export function ndjsonOptions(options: NdjsonFilesOptions): CompleteOptions {
  checkOptions('NdjsonFiles', options, RULES);
  if (options.compress === 'zstd' && !('createZstdCompress' in zlib))
    throw new OptionsError(`NdjsonFiles: compress 'zstd' needs Node 22.15, and this is ${process.version}. Use 'gzip'`);
  return {
    maxBytes: 256 * 1024 * 1024,
    maxAge: 3600,
    compress: 'none',
    backlog: 32 * 1024 * 1024,
    ...options,
  };
}
