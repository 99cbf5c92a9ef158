import { type Flow, keyOf, protocolOf, type StatusName, statusMask, statusNames } from '@conntrack/flow';
import { hasControls } from '@conntrack/flow/text';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyFlow } from '../../../netlink/test/arbitraries.js';
import { parseLine, parseText } from '../../src/all.js';
import { flowWriter, LOSSES, PRESET_NAMES, type PresetName, type WriterOptions } from '../../src/presets.js';

/** Any flow that the kernel can show, with the fields that only texts have. */
const flows: fc.Arbitrary<Flow> = fc
  .record({
    flow: anyFlow,
    text: fc.record(
      {
        helper: fc.constantFrom('ftp', 'a,"b"', 'sip 5060', ''),
        secctx: fc.constantFrom('system_u:object_r:unlabeled_t:s0', 'docker-default (enforce)', '<&>"', '["x"'),
        labels: fc.array(fc.oneof(fc.nat(127), fc.constantFrom('one', 'zwölf', '12', 'a b', '')), { maxLength: 3 }),
        deltaTime: fc.integer({ min: -100, max: 2 ** 40 }),
        portid: fc.nat(),
        progname: fc.constantFrom('conntrack', 'a program'),
        extra: fc.constant([{ text: 'rate=5', after: 'use' }]),
      },
      { requiredKeys: [] },
    ),
    hostile: fc.option(fc.constantFrom('helper' as const, 'secctx' as const, 'progname' as const), {
      freq: 5,
      nil: undefined,
    }),
    without: fc.option(fc.constantFrom('id' as const, 'status' as const, 'state' as const), {
      freq: 5,
      nil: undefined,
    }),
  })
  .map(({ flow, text, hostile, without }) => {
    const made: Flow = { ...flow, ...text, ...(hostile && { [hostile]: 'a\u001b31m\u009b\u007f\u202eb\n' }) };
    if (without !== undefined) delete made[without];
    if (without === 'id') delete made.key;
    return made;
  });

/** Flows as an index lists them if it is asked what it measured. A CSV has these columns only on request. */
const measuredFlows: fc.Arbitrary<Flow> = fc
  .tuple(
    flows,
    fc.record(
      {
        rate: fc.record({ original: fc.nat(), reply: fc.nat() }, { requiredKeys: [] }),
        firstSeen: fc.constant('2026-11-30T12:00:00Z'),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([flow, measured]) => ({ ...flow, ...measured }));

const written = (preset: PresetName, list: readonly Flow[], options?: WriterOptions): string => {
  const { head, separator, tail, empty, line } = flowWriter(preset, options);
  return list.length === 0 ? empty : head + list.map(line).join(separator) + tail;
};
const normal = (flow: Flow): Flow => {
  const key = flow.key ?? keyOf(flow);
  return key === undefined ? flow : { ...flow, key };
};

describe('what a preset writes is read as the same flows', () => {
  it.each(['xml', 'csv', 'ndjson'] as const)(
    'the output of preset %s is read as the same flows, whatever fields they have',
    preset => {
      fc.assert(
        fc.property(fc.array(preset === 'csv' ? flows : measuredFlows, { maxLength: 3 }), list => {
          expect(parseText(written(preset, list)).map(normal)).toEqual(list.map(normal));
        }),
        { numRuns: 500 },
      );
    },
  );

  it('a list cut into pages has one head and one tail, and an empty list is read as empty', () => {
    for (const preset of PRESET_NAMES.filter(name => name !== 'json')) {
      expect(parseText(written(preset, []))).toEqual([]);
      const { head, tail, empty } = flowWriter(preset);
      expect(empty).toBe(head + tail);
    }
  });
});

type Part = keyof typeof LOSSES;
type Strip = (flow: Flow) => void;

/** Removes what each loss is about from a flow. */
const strip =
  (...fields: (keyof Flow)[]): Strip =>
  flow => {
    for (const field of fields) delete flow[field];
  };
const stripInfo =
  (...fields: (keyof NonNullable<Flow['protoinfo']>)[]): Strip =>
  flow => {
    for (const field of fields) delete flow.protoinfo?.[field];
    if (flow.protoinfo !== undefined && Object.keys(flow.protoinfo).length === 0) delete flow.protoinfo;
  };
const STRIPS: Readonly<Record<string, Strip>> = {
  'sequence adjustment': strip('seqadj'),
  SYNPROXY: flow => {
    if (flow.synproxy?.isn !== 0) delete flow.synproxy;
  },
  'SYNPROXY of zeros': flow => {
    if (flow.synproxy?.isn === 0) delete flow.synproxy;
  },
  master: strip('master'),
  'rates and first-seen': strip('rate', 'firstSeen'),
  'unknown attributes': strip('unknown'),
  'window scale and flags': stripInfo('wscale', 'flags'),
  'handshake sequence': stripInfo('handshakeSeq'),
  'control characters': flow => {
    for (const field of ['state', 'helper', 'secctx', 'progname'] as const)
      if (hasControls(flow[field] ?? '')) delete flow[field];
  },
  'zone 0': strip('zone'),
  'absent ports': flow => Object.assign(flow, protocolOf(flow.protonum).kind === 'ports' && PORTS(flow)),
  id: strip('id'),
  labels: strip('labels'),
  helper: strip('helper'),
  secctx: strip('secctx'),
  'start and stop': strip('start', 'stop'),
  'start, stop and age': strip('start', 'stop', 'deltaTime'),
  'verification tags and role': stripInfo('vtag', 'role'),
  counters: ({ original, reply }) => {
    for (const tuple of [original, reply]) {
      delete tuple.packets;
      delete tuple.bytes;
    }
  },
  'ICMP of the reply': ({ reply }) => {
    delete reply.type;
    delete reply.code;
    delete reply.id;
  },
};
const PORTS = ({ original, reply }: Flow): object => ({
  original: { sport: 0, dport: 0, ...original },
  reply: { sport: 0, dport: 0, ...reply },
});

/** A status that the preset's text can show. */
function shownStatus(preset: Part, { status = [], original, reply }: Flow): readonly StatusName[] {
  const kept = (...names: StatusName[]): StatusName[] => names.filter(name => status.includes(name));
  if (preset !== 'save') return [...kept('SEEN_REPLY'), ...kept('ASSURED', 'OFFLOAD', 'HW_OFFLOAD').slice(0, 1)];
  const translated = (names: StatusName[], differs: boolean): StatusName[] =>
    differs && names.every(name => status.includes(name)) ? names : [];
  const nat = [
    ...translated(['SRC_NAT', 'SRC_NAT_DONE'], reply.dst !== original.src),
    ...translated(['DST_NAT', 'DST_NAT_DONE'], reply.src !== original.dst),
  ];
  return statusNames(statusMask([...kept('SEEN_REPLY', 'ASSURED', 'FIXED_TIMEOUT', 'EXPECTED'), ...nat]));
}

/** The compared part: a key is made from other fields, and a save has neither ids nor reference counts. */
function compared(preset: Part, { key: _, ...flow }: Flow): Partial<Flow> {
  if (preset !== 'save') return flow;
  const { id: __, use: ___, ...rest } = flow;
  return rest;
}

describe.each(Object.keys(LOSSES) as Part[])('the list of what %s cannot carry', preset => {
  const read = (flow: Flow): Partial<Flow> => compared(preset, parseLine(flowWriter(preset).line(flow).trimEnd()));
  const stripped = (flow: Flow, but?: string): Flow => {
    const made = structuredClone(flow);
    for (const { what } of LOSSES[preset]) {
      if (what === but) continue;
      if (what === 'status') made.status = shownStatus(preset, flow);
      else STRIPS[what]!(made);
    }
    return made;
  };
  const lineFlows = measuredFlows.map(({ extra: _, ...flow }) => {
    // Values with spaces cannot be in lines.
    for (const field of ['helper', 'secctx'] as const) if (/ |^$/.test(flow[field] ?? '-')) delete flow[field];
    if (flow.portid === undefined) delete flow.progname;
    return flow;
  });

  it('the list of losses of the preset is complete: a flow without them is read back unchanged', () => {
    fc.assert(
      fc.property(lineFlows, flow => {
        const made = stripped(flow);
        expect(LOSSES[preset].filter(({ has }) => has(made))).toEqual([]);
        expect(read(made)).toEqual(compared(preset, made));
      }),
      { numRuns: 500 },
    );
  });

  it('the list of losses of the preset has only real losses: a flow with one of them is not read back unchanged', () => {
    fc.assert(
      fc.property(lineFlows, fc.constantFrom(...LOSSES[preset]), (flow, { what, has }) => {
        const made = stripped(flow, what);
        fc.pre(has(made));
        expect(read(made)).not.toEqual(compared(preset, { ...made, ...(what === 'id' && { id: -1 }) }));
      }),
      { numRuns: 500 },
    );
  });
});
