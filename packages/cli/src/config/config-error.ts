/** A fault of a configuration. */
export interface ConfigFault {
  /** The place: `/etc/conntrack/server.yaml:12:5`, `--listen`, `CTCTL_LISTEN`. */
  where: string;
  /** The setting: `limits.dumps`. Empty for the whole file. */
  setting: string;
  /** What is wrong, and what is expected. */
  message: string;
}

const lineOf = ({ where, setting, message }: ConfigFault): string =>
  [where, setting, message].filter(part => part !== '').join(': ');

/** An invalid configuration. The message has all faults, one per line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG_INVALID';
  constructor(
    readonly faults: readonly ConfigFault[],
    cause?: unknown,
  ) {
    super(faults.map(lineOf).join('\n'), cause === undefined ? undefined : { cause });
  }
}
