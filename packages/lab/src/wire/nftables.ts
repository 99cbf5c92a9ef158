import { NFNETLINK_V1, NLM_F_CREATE, NLM_F_EXCL } from '@conntrack/netlink/raw';
import { be16, be32, concat, text, u8 } from './bytes.js';
import type { Expression } from './expressions.js';
import { type Attribute, encodeMessage, type Step } from './message.js';

// linux/netfilter/nfnetlink.h
const NFNL_SUBSYS_NFTABLES = 10;
const NFNL_MSG_BATCH_BEGIN = 16;
const NFNL_MSG_BATCH_END = 17;

// linux/netfilter/nf_tables.h
const NFT_MSG_NEWTABLE = 0;
const NFT_MSG_NEWCHAIN = 3;
const NFT_MSG_NEWRULE = 6;
const NFTA_TABLE_NAME = 1;
const NFTA_CHAIN_TABLE = 1;
const NFTA_CHAIN_NAME = 3;
const NFTA_CHAIN_HOOK = 4;
const NFTA_CHAIN_TYPE = 7;
const NFTA_HOOK_HOOKNUM = 1;
const NFTA_HOOK_PRIORITY = 2;
const NFTA_RULE_TABLE = 1;
const NFTA_RULE_CHAIN = 2;
const NFTA_RULE_EXPRESSIONS = 4;
const NFTA_LIST_ELEM = 1;
const NFTA_EXPR_NAME = 1;
const NFTA_EXPR_DATA = 2;
const NLM_F_APPEND = 0x800;

/** `enum nfproto` (linux/netfilter.h). */
const NFPROTO = { inet: 1, ip: 2, ip6: 10 } as const;

/** Hooks of base chains: `enum nf_inet_hooks`, and the usual priorities of nft(8). */
const HOOKS = {
  prerouting: { hook: 0, type: 'filter', priority: 0 },
  input: { hook: 1, type: 'filter', priority: 0 },
  dstnat: { hook: 0, type: 'nat', priority: -100 },
  srcnat: { hook: 4, type: 'nat', priority: 100 },
} as const;

/** A chain and its rules. A chain without a hook never runs: its rules only have to exist. */
export interface Chain {
  name: string;
  hook?: keyof typeof HOOKS;
  rules: readonly (readonly Expression[])[];
}

/** A table of one family. */
export interface Table {
  family: keyof typeof NFPROTO;
  name: string;
  chains: readonly Chain[];
}

/** nfgenmsg: family, version, resource id. */
const nfgenmsg = (family: number, resource = 0): Uint8Array => concat([u8(family), u8(NFNETLINK_V1), be16(resource)]);

const step = (name: string, type: number, flags: number, family: number, attributes: readonly Attribute[]): Step => ({
  name,
  message: encodeMessage((NFNL_SUBSYS_NFTABLES << 8) | type, flags, nfgenmsg(family), attributes),
});

const edge = (type: number): Step => ({
  name: 'change the packet filter (nf_tables)',
  message: encodeMessage(type, 0, nfgenmsg(0, NFNL_SUBSYS_NFTABLES)),
  edge: true,
});

const expressionList = (expressions: readonly Expression[]): Attribute[] =>
  expressions.map(([name, data]) => [
    NFTA_LIST_ELEM,
    [
      [NFTA_EXPR_NAME, text(name)],
      [NFTA_EXPR_DATA, data],
    ],
  ]);

function chainSteps({ family, name: table }: Table, chain: Chain): Step[] {
  const number = NFPROTO[family];
  const where = `${family} ${table} ${chain.name}`;
  const hook = chain.hook === undefined ? undefined : HOOKS[chain.hook];
  const base: Attribute[] =
    hook === undefined
      ? []
      : [
          [
            NFTA_CHAIN_HOOK,
            [
              [NFTA_HOOK_HOOKNUM, be32(hook.hook)],
              [NFTA_HOOK_PRIORITY, be32(hook.priority)],
            ],
          ],
          [NFTA_CHAIN_TYPE, text(hook.type)],
        ];
  const names: Attribute[] = [
    [NFTA_CHAIN_TABLE, text(table)],
    [NFTA_CHAIN_NAME, text(chain.name)],
  ];
  return [
    step(`add the chain ${where}`, NFT_MSG_NEWCHAIN, NLM_F_CREATE, number, [...names, ...base]),
    ...chain.rules.map(expressions =>
      step(
        `add a rule to ${where} (${expressions.map(([name]) => name).join(' ')})`,
        NFT_MSG_NEWRULE,
        NLM_F_CREATE | NLM_F_APPEND,
        number,
        [
          [NFTA_RULE_TABLE, text(table)],
          [NFTA_RULE_CHAIN, text(chain.name)],
          [NFTA_RULE_EXPRESSIONS, expressionList(expressions)],
        ],
      ),
    ),
  ];
}

/** Makes the batch that adds tables, all or none. A table that exists already is refused. */
export function addTables(tables: readonly Table[]): Step[] {
  const steps = tables.flatMap(table => [
    step(
      `add the table ${table.family} ${table.name}`,
      NFT_MSG_NEWTABLE,
      NLM_F_CREATE | NLM_F_EXCL,
      NFPROTO[table.family],
      [[NFTA_TABLE_NAME, text(table.name)]],
    ),
    ...table.chains.flatMap(chain => chainSteps(table, chain)),
  ]);
  return [edge(NFNL_MSG_BATCH_BEGIN), ...steps, edge(NFNL_MSG_BATCH_END)];
}
