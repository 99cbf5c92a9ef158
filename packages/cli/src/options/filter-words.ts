import type { Verb } from '../grammar/verb.js';

/** The correct filter for an option that a verb does not have: `bytes=…` for `--bytes`. */
export async function filterWord(
  { filters }: Pick<Verb, 'filters'>,
  [verb = '', ...words]: readonly string[],
  message: string,
): Promise<string | undefined> {
  const name = words.find(word => message.includes(`'${word}'`))?.split('=')[0];
  if (name === undefined || !filters) return undefined;
  const { findField } = await import('@conntrack/filter');
  const field = findField(name.replace(/^--/, ''))?.name;
  return field && `write filters without dashes: ctctl ${verb} ${field}=…`;
}
