import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { FleetError } from '../error.js';
import type { Inventory } from '../inventory.js';
import { fixedInventory } from '../inventory.js';
import { checkNodeId, checkTag } from '../node-id.js';
import { type Access, accessOf, memberAt } from './access.js';
import { SrvInventory, type SrvOptions } from './srv.js';

/** A node in the file. */
interface Entry extends Access {
  readonly name: string;
  readonly url: string;
  readonly tags?: readonly string[];
}

const ACCESS = ['token', 'tokenFile', 'tlsCa', 'tlsCert', 'tlsKey'] as const;
const TOP = ['nodes', 'srv', 'defaults'] as const;
const NODE = ['name', 'url', 'tags', ...ACCESS] as const;
const SRV = ['name', 'scheme', 'tags', 'interval', ...ACCESS] as const;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Opens the inventory that a file describes: nodes with their URLs, or the name of a DNS SRV record.
 *
 * Paths in the file are relative to its folder. A token file is read again for each request, so that a token can be replaced.
 *
 * @example
 * ```yaml
 * defaults:
 *   tokenFile: hub.token
 * nodes:
 *   - name: gw-1
 *     url: https://gw-1.example:4680
 *     tags: [edge]
 * ```
 * @throws FleetError INVENTORY_INVALID, NODE_INVALID, with the place in the file
 */
export async function openFleetFile(path: string): Promise<Inventory> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new FleetError('INVENTORY_INVALID', `cannot read the fleet file: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const { parse } = await import('yaml');
  try {
    return await inventoryOf(parse(text), dirname(resolve(path)));
  } catch (error) {
    const code = error instanceof FleetError ? error.code : 'INVENTORY_INVALID';
    throw new FleetError(code, `${path}: ${(error as Error).message.trimEnd()}`, { cause: error });
  }
}

const refuse = (message: string): never => {
  throw new FleetError('INVENTORY_INVALID', message);
};

/** Refuses unknown members: a typing error must not lead to another fleet. */
function checkMembers(value: unknown, where: string, known: readonly string[]): Record<string, unknown> {
  if (!isObject(value)) return refuse(`${where}: must be an object`);
  for (const name of Object.keys(value))
    if (!known.includes(name)) refuse(`${where}: unknown setting '${name}'. Known settings: ${known.join(', ')}`);
  for (const name of [...ACCESS, 'name', 'url', 'scheme'])
    if (value[name] !== undefined && (typeof value[name] !== 'string' || value[name] === ''))
      refuse(`${where}.${name}: must be text`);
  if (value.tags !== undefined && !Array.isArray(value.tags)) refuse(`${where}.tags: must be a list`);
  for (const tag of (value.tags ?? []) as unknown[]) checkTag(tag);
  return value;
}

/** A node with a token of its own does not get another one from the defaults. */
function withDefaults(shared: Access, own: Record<string, unknown>): object {
  const { token: _, tokenFile: __, ...rest } = shared;
  return { ...('token' in own || 'tokenFile' in own ? rest : shared), ...own };
}

async function inventoryOf(value: unknown, folder: string): Promise<Inventory> {
  const { nodes, srv, defaults = {} } = checkMembers(value, 'the fleet file', TOP);
  const shared = checkMembers(defaults, 'defaults', ACCESS) as Access;
  if ((nodes === undefined) === (srv === undefined)) return refuse("must have 'nodes' or 'srv'");
  if (srv !== undefined) {
    const record = withDefaults(shared, checkMembers(srv, 'srv', SRV)) as unknown as Access & SrvOptions;
    if (record.name === undefined) refuse('srv.name: missing');
    return SrvInventory.open({ ...record, access: accessOf(record, folder) });
  }
  if (!Array.isArray(nodes) || nodes.length === 0) return refuse('nodes: must be a list with at least one node');
  const entries = nodes.map((node, i) => {
    const entry = withDefaults(shared, checkMembers(node, `nodes[${i}]`, NODE)) as unknown as Entry;
    if (entry.name === undefined || entry.url === undefined) refuse(`nodes[${i}]: must have 'name' and 'url'`);
    checkNodeId(entry.name);
    return entry;
  });
  const twice = entries.find(({ name }, i) => entries.findIndex(each => each.name === name) !== i);
  if (twice !== undefined) refuse(`nodes: two nodes have the name '${twice.name}'. Give each its own name`);
  return fixedInventory(
    entries.map(entry => memberAt({ id: entry.name, url: entry.url, tags: entry.tags ?? [] }, accessOf(entry, folder))),
  );
}
