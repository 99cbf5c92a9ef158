import type { Config } from '../config/index.js';
import type { Io } from '../process/io.js';
import { withInherited } from './inherited.js';
import { environmentLayer, flagLayer } from './settings.js';

/** What names the configuration file. */
export interface ConfigArguments {
  config?: string;
  readonly [option: string]: unknown;
}

/** The file of the configuration, by flag or variable. */
export const configFile = (io: Pick<Io, 'env'>, { config }: ConfigArguments): string | undefined =>
  config ?? (io.env.CTCTL_CONFIG || undefined);

/** Flags before variables before the file. Sockets that are handed over are looked for where `listen` is asked. @throws ConfigError, UsageError */
export async function loadConfig(io: Pick<Io, 'env'>, options: ConfigArguments): Promise<Config> {
  const { checked, ConfigSchema, mergeConfigs, readConfig } = await import('../config/index.js');
  const file = configFile(io, options);
  const layers = [environmentLayer(io.env), flagLayer(options)];
  return mergeConfigs(
    file === undefined ? {} : readConfig(file),
    ...layers.map(({ value, ...origin }) => checked(value, ConfigSchema, origin)),
  );
}

/** The configuration with the sockets that were handed over in the place of `systemd`. @throws UsageError when there are none */
export const inherit = ({ env }: Pick<Io, 'env'>, config: Config): Config =>
  config.listen === undefined ? config : { ...config, listen: withInherited(config.listen, env, process.pid) };
