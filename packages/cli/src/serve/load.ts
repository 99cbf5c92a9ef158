import type { Config } from '../config/index.js';
import type { Io } from '../process/io.js';
import { withInherited } from './inherited.js';
import { environmentLayer, flagLayer } from './settings.js';

/** The option that names the configuration file. */
export interface ConfigArguments {
  config?: string;
  readonly [option: string]: unknown;
}

/** The configuration file, from the flag or the variable. */
export const configFile = (io: Pick<Io, 'env'>, { config }: ConfigArguments): string | undefined =>
  config ?? (io.env.CTCTL_CONFIG || undefined);

/** Loads the configuration. Precedence: flags, environment variables, file. @throws ConfigError, UsageError */
export async function loadConfig(io: Pick<Io, 'env'>, options: ConfigArguments): Promise<Config> {
  const { checked, ConfigSchema, mergeConfigs, readConfig } = await import('../config/index.js');
  const file = configFile(io, options);
  const layers = [environmentLayer(io.env), flagLayer(options)];
  return mergeConfigs(
    file === undefined ? {} : readConfig(file),
    ...layers.map(({ value, ...origin }) => checked(value, ConfigSchema, origin)),
  );
}

/**
 * Replaces `systemd` addresses in a configuration by inherited sockets.
 *
 * @throws UsageError if no socket was inherited
 */
export const inherit = ({ env }: Pick<Io, 'env'>, config: Config): Config =>
  config.listen === undefined ? config : { ...config, listen: withInherited(config.listen, env, process.pid) };
