/** conntrack(8)'s short options that are fields of a filter here. */
const SHORT: Readonly<Record<string, string>> = {
  '-p': 'proto',
  '-s': 'src',
  '-d': 'dst',
  '-r': 'reply.src',
  '-q': 'reply.dst',
  '-n': 'src-nat',
  '-g': 'dst-nat',
  '-j': 'any-nat',
  '-w': 'zone',
  '-l': 'label',
  '-m': 'mark',
  '-u': 'status',
  '-f': 'family',
  '-i': 'id',
};

const FILTERING = ['list', 'count', 'update', 'delete'];

/** What to write for an option of conntrack(8) that a verb does not know, since its filters are words: `proto=…` for `-p`. */
export async function filterWord(
  [verb = '', ...words]: readonly string[],
  message: string,
): Promise<string | undefined> {
  const name = words.find(word => message.includes(`'${word}'`))?.split('=')[0];
  if (name === undefined || !FILTERING.includes(verb)) return undefined;
  const { findField } = await import('@conntrack/filter');
  const field = SHORT[name] ?? findField(name.replace(/^--/, ''))?.name;
  return field && `write filters without dashes: ctctl ${verb} ${field}=…`;
}
