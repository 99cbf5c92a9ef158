/** Short options of conntrack(8) that are filter fields in `ctctl`. */
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

/** The correct filter for an option of conntrack(8) that a verb of `ctctl` does not have: `proto=…` for `-p`. */
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
