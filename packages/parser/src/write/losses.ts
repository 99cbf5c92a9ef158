import { type Flow, protocolOf } from '@conntrack/flow';
import { SAVE_STATUS } from '@conntrack/flow/codec';
import { hasControls } from '@conntrack/flow/text';

/** Something that a flow can have and a format cannot store. */
export interface Loss {
  /** Name of what is lost: `labels`. */
  readonly what: string;
  /** Whether a flow has it. */
  readonly has: (flow: Flow) => boolean;
  /** Whether the kernel or `conntrack -R` restores it, so that no warning is needed. */
  readonly renewed?: true;
}

const loss = (what: string, has: Loss['has']): Loss => ({ what, has });
const renewed = (one: Loss): Loss => ({ ...one, renewed: true });
const given = (what: string, ...fields: (keyof Flow)[]): Loss =>
  loss(what, flow => fields.some(field => flow[field] !== undefined));

/** What no text format of conntrack(8) stores. */
const ALWAYS: readonly Loss[] = [
  given('sequence adjustment', 'seqadj'),
  loss('SYNPROXY', ({ synproxy }) => synproxy !== undefined && synproxy.isn !== 0),
  // The kernel shows this for every TCP entry while the SYNPROXY module is loaded.
  renewed(loss('SYNPROXY of zeros', ({ synproxy }) => synproxy?.isn === 0)),
  given('master', 'master'),
  // An index measures them again.
  renewed(given('rates and first-seen', 'rate', 'firstSeen')),
  given('unknown attributes', 'unknown'),
  // Loading a save sets the tracker's "be liberal" flags.
  renewed(
    loss(
      'window scale and flags',
      ({ protoinfo }) => protoinfo?.wscale !== undefined || protoinfo?.flags !== undefined,
    ),
  ),
  loss('control characters', ({ state, helper, secctx, progname }) =>
    [state, helper, secctx, progname].some(text => text !== undefined && hasControls(text)),
  ),
  loss('zone 0', ({ zone }) => zone === 0),
  loss('handshake sequence', ({ protoinfo }) => protoinfo?.handshakeSeq !== undefined),
];

const SHOWN_STATUS: readonly string[] = ['SEEN_REPLY', 'ASSURED', 'OFFLOAD', 'HW_OFFLOAD'];
const NAT_STATUS: readonly string[] = ['SRC_NAT', 'DST_NAT', 'SRC_NAT_DONE', 'DST_NAT_DONE'];

/** Whether `-g` and `-n` of a save give the flow's NAT bits exactly: both bits of a direction whose address differs, else none. */
function saysNat({ status = [], original, reply }: Flow): boolean {
  const said = (end: 'SRC' | 'DST', differs: boolean): boolean => {
    const bits = ([`${end}_NAT`, `${end}_NAT_DONE`] as const).filter(bit => status.includes(bit));
    return bits.length === 0 || (bits.length === 2 && differs);
  };
  return said('DST', reply.src !== original.dst) && said('SRC', reply.dst !== original.src);
}

/** What a line of `conntrack -L` does not store. */
const LINE: readonly Loss[] = [
  ...ALWAYS,
  given('id', 'id'),
  loss(
    'absent ports',
    ({ protonum, original }) => protocolOf(protonum).kind === 'ports' && original.sport === undefined,
  ),
  given('labels', 'labels'),
  given('start and stop', 'start', 'stop'),
  loss('verification tags and role', ({ protoinfo }) => protoinfo?.vtag !== undefined || protoinfo?.role !== undefined),
  loss(
    'status',
    ({ status }) =>
      status === undefined ||
      !status.every(bit => SHOWN_STATUS.includes(bit)) ||
      status.filter(bit => bit !== 'SEEN_REPLY').length > 1,
  ),
];

/** What a line of `-o save` with its mark does not store. */
const SAVE: readonly Loss[] = [
  ...ALWAYS,
  renewed(
    loss('counters', ({ original, reply }) =>
      [original, reply].some(({ packets, bytes }) => packets !== undefined || bytes !== undefined),
    ),
  ),
  renewed(given('start, stop and age', 'start', 'stop', 'deltaTime')),
  given('labels', 'labels'),
  given('helper', 'helper'),
  renewed(given('secctx', 'secctx')),
  renewed(
    loss(
      'status',
      flow =>
        flow.status === undefined ||
        !saysNat(flow) ||
        !flow.status.every(bit => NAT_STATUS.includes(bit) || SAVE_STATUS.some(saved => saved === bit)),
    ),
  ),
  renewed(
    loss(
      'ICMP of the reply',
      ({ protonum, reply }) => protocolOf(protonum).kind === 'icmp' && reply.type !== undefined,
    ),
  ),
];

/**
 * What each preset in conntrack(8)'s own formats does not store. The other presets store everything. Ids, keys and reference counts are not
 * listed for `save`, because no entry created from it can have them.
 */
export const LOSSES = { plain: LINE, extended: LINE, save: SAVE } as const satisfies Readonly<
  Record<string, readonly Loss[]>
>;
