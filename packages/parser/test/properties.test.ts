import { type Flow, type FlowEvent, keyOf } from '@conntrack/flow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ParseError, parseEventText, parseLine, parseText } from '../src/all.js';
import { formatExpectation, parseExpectationText } from '../src/expectations.js';
import { type FormatOptions, formatEvent, formatFlow } from '../src/format.js';
import { parseProcStats, parseStats } from '../src/stats.js';
import { conntrackFlow, expectation, savedFlow, textFlow } from './arbitrary.js';

const everything = { extended: true, id: true, ktimestamp: true, labels: true, timeZone: 0 } as const;
const withKey = (flow: Flow): Flow => {
  const key = keyOf(flow);
  return key === undefined ? flow : { ...flow, key };
};

describe('what is written is read again', () => {
  const roundTrip = (options: FormatOptions, flow: Flow): Flow =>
    parseLine(formatFlow(flow, options), { format: options.format, timeZone: 0 });

  it.each(['proc', 'ip_conntrack'] as const)('what is written is read back: %s', format => {
    fc.assert(
      fc.property(textFlow, flow => {
        expect(roundTrip({ format }, flow)).toEqual(flow);
      }),
    );
  });

  it('lines of conntrack are read back, with and without the columns', () => {
    fc.assert(
      fc.property(conntrackFlow, fc.boolean(), fc.boolean(), (flow, extended, compact) => {
        expect(roundTrip({ ...everything, format: 'conntrack', extended, compact }, flow)).toEqual(withKey(flow));
      }),
    );
  });

  it('lines of -o save are read back', () => {
    fc.assert(
      fc.property(savedFlow, flow => {
        expect(roundTrip({ format: 'save' }, flow)).toEqual(flow);
      }),
    );
  });

  it('NDJSON is read back', () => {
    fc.assert(
      fc.property(conntrackFlow, flow => {
        expect(roundTrip({ format: 'ndjson' }, flow)).toEqual(flow);
      }),
    );
  });

  it.each(['tcp', 'own'] as const)('XML with states named by %s is read back', xmlStates => {
    fc.assert(
      fc.property(conntrackFlow, flow => {
        const shown = structuredClone(flow);
        // Fields that this XML does not show.
        for (const tuple of [shown.original, shown.reply]) {
          delete tuple.type;
          delete tuple.code;
          delete tuple.id;
        }
        shown.status = shown.status!.filter(name => name !== 'OFFLOAD' && name !== 'HW_OFFLOAD');
        if (shown.stop !== undefined && shown.start === undefined) delete shown.stop;
        const read = parseLine(formatFlow(shown, { ...everything, format: 'xml', xmlStates }), { timeZone: 0 });
        delete read.key;
        expect(read).toEqual(shown);
      }),
    );
  });

  it('events are read back with their times', () => {
    const event: fc.Arbitrary<FlowEvent> = fc.record({
      type: fc.constantFrom('new' as const, 'update' as const, 'destroy' as const),
      flow: textFlow,
      time: fc
        .maxSafeNat()
        .map(n => `${new Date(n % 4e12).toISOString().slice(0, -1)}${String(n % 1000).padStart(3, '0')}000Z`),
    });
    fc.assert(
      fc.property(event, one => {
        expect(parseEventText(formatEvent(one, { format: 'conntrack' }))).toEqual([one]);
        expect(parseEventText(formatEvent(one, { format: 'ndjson' }))).toEqual([one]);
      }),
    );
  });

  it.each(['expectations', 'xml', 'ndjson'] as const)('expectations are read back from %s', format => {
    fc.assert(
      fc.property(expectation, one => {
        const shown = { ...one };
        if (format === 'xml') delete shown.flags;
        expect(parseExpectationText(formatExpectation(shown, { format }))).toEqual([shown]);
      }),
    );
  });
});

describe('any text gives flows or typed errors', () => {
  const typed = (read: () => unknown): void => {
    try {
      read();
    } catch (error) {
      expect(error).toBeInstanceOf(ParseError);
    }
  };
  const readers = [parseText, parseEventText, parseExpectationText] as const;

  it('any bytes give flows or typed errors', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        for (const read of readers) typed(() => read(bytes));
      }),
    );
  });

  it('words of the formats in any order give flows or typed errors', () => {
    const words = fc.constantFrom(
      ...'ipv4 2 ipv6 10 tcp 6 udp 17 icmp 1 999 ESTABLISHED src=1.1.1.1 dst=2.2.2.2 src=::1 dst=::2 sport=1 dport=2 id=3 type=8 code=0 srckey=0x1 [ASSURED] [UNREPLIED] mark=0 use=1 zone=5 labels labels= labels=a,b [start=Sat progname= constructor=1 __proto__=1 toString -A -t -u UNSET -s -d 1.1.1.1 -p --sport [NEW] [DESTROY] proto=6 mask-src=1.1.1.1 helper=ftp <flow> </flow> <meta direction="original"> </meta> <constructor/> {"family": } "ipv4" \t \r'.split(
        ' ',
      ),
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 30 }), parts => {
        for (const read of readers)
          for (const glue of [' ', ''])
            for (const format of ['conntrack', 'save', 'xml', 'ndjson'] as const)
              typed(() => read(parts.join(glue), { format }));
        typed(() => parseStats(parts.join(' ')));
        typed(() => parseProcStats(parts.join(' ')));
      }),
    );
  });

  it('a line with one changed byte is read or refused, and what is read can be written', () => {
    const format = fc.constantFrom('proc', 'conntrack', 'save', 'xml', 'ndjson');
    fc.assert(
      fc.property(conntrackFlow, format, fc.nat(), fc.nat({ max: 255 }), (flow, to, at, byte) => {
        const bytes = new TextEncoder().encode(formatFlow(flow, { ...everything, format: to }));
        bytes[at % bytes.length] = byte;
        typed(() => parseText(bytes).map(read => formatFlow(read, { ...everything, format: to })));
      }),
    );
  });

  it('an unknown word anywhere in a line is a fault', () => {
    const wrong = fc.constantFrom(
      'gw1',
      '-12',
      '7.7',
      'x',
      'TCPX',
      'inet',
      'NOSTATE',
      '[x]',
      '(y)',
      '=5',
      ';',
      '0x1f',
      '{',
    );
    fc.assert(
      fc.property(conntrackFlow, fc.nat(), wrong, fc.boolean(), (flow, at, word, instead) => {
        // After these fields, words belong to their text.
        const { progname: _progname, secctx: _secctx, start: _start, stop: _stop, ...plain } = flow;
        const words = formatFlow(plain, { ...everything, format: 'conntrack', compact: true }).split(' ');
        words.splice(at % words.length, instead ? 1 : 0, word);
        expect(() => parseLine(words.join(' '), { format: 'conntrack' })).toThrow(ParseError);
      }),
      { numRuns: 500 },
    );
  });

  it('a line of conntrack is written back as it was, with its extra tokens', () => {
    // Bare words are faults, except after a security context, which may contain spaces.
    const extra = fc.constantFrom('rate=5', '[STRANGE]', 'l7proto=http', 'mark2=0', 'sport=77=88x');
    fc.assert(
      fc.property(conntrackFlow, fc.array(fc.tuple(fc.nat(), extra), { maxLength: 3 }), (flow, tokens) => {
        const { progname: _progname, portid: _portid, start: _start, stop: _stop, ...plain } = flow;
        const words = formatFlow(plain, { ...everything, format: 'conntrack', compact: true, extended: true }).split(
          ' ',
        );
        const first = words.findIndex(one => one.startsWith('src='));
        for (const [at, token] of tokens) words.splice(first + 1 + (at % (words.length - first)), 0, token);
        const line = words.join(' ');
        let read: Flow;
        try {
          read = parseLine(line);
        } catch {
          return;
        }
        expect(formatFlow(read, { ...everything, format: 'conntrack', compact: true, extended: true })).toBe(line);
      }),
    );
  });
});
