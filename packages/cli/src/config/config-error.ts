/** One thing that is wrong in a configuration. */
export interface ConfigFault {
  /** Where: `/etc/conntrack/server.yaml:12:5`, `--listen`, `CTCTL_LISTEN`. */
  where: string;
  /** Which setting: `limits.dumps`; empty for the file as a whole. */
  setting: string;
  /** What is wrong, and what would be right. */
  message: string;
}

const lineOf = ({ where, setting, message }: ConfigFault): string =>
  [where, setting, message].filter(part => part !== '').join(': ');

/** A configuration that cannot be used. All of its faults come at once, a line each. */
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
