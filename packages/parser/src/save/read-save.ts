import { type Flow, type FlowEventType, findProtocol, STATUS, statusNames } from '@conntrack/flow';
import { SAVE_STATUS } from '@conntrack/flow/codec';
import { fail } from '../core/error.js';
import { formatKey } from '../core/gre-key.js';
import { type LineOptions, MAX_PAIRS } from '../core/options.js';
import { printedName } from '../core/printed-name.js';
import { type ReadString, readNumber } from '../core/string-reader.js';
import { takeUserspace } from '../core/userspace.js';
import { wordTable } from '../core/word-table.js';
import { FlowLineReader } from '../line/flow-line-reader.js';
import { LAYER3, LAYER4, TokenLine } from '../line/token-line.js';
import { saveOption, swapVtag } from './save-options.js';

/** The status that `-g` and `-n` imply. They replace `-r` and `-q` if NAT changed the address. */
const NAT = wordTable<number>({
  '-g': STATUS.DST_NAT | STATUS.DST_NAT_DONE,
  '-n': STATUS.SRC_NAT | STATUS.SRC_NAT_DONE,
});
const VTAGS = wordTable<'original' | 'reply'>({ '--orig-vtag': 'original', '--reply-vtag': 'reply' });
const COMMANDS = wordTable<FlowEventType>({ '-A': 'new', '-U': 'update', '-D': 'destroy' });

/** Reads lines of `-o save`, which `conntrack -R` also reads. conntrack(8) leaves out the mark; ctctl writes it. */
export const readSave = (options: LineOptions): ReadString<Flow> => {
  const reader = new FlowLineReader(options);
  const limit = (options.maxPairs ?? MAX_PAIRS) * 2;
  return line => {
    const { rest, ...userspace } = takeUserspace(line);
    const words = rest.split(' ');
    const event = COMMANDS[words[0]!] ?? fail('OPTION_EXPECTED', 0, '-A, -U or -D');
    if (words.length > limit) fail('TOO_MANY_PAIRS', 0, `at most ${limit} words`);
    const tokens = new TokenLine();
    const seen = new Set<string>();
    let protoinfo: Flow['protoinfo'];
    let status = 0;
    let at = 3;
    for (let i = 1; i < words.length; i += 2) {
      const option = words[i]!;
      const wrong = (expected: string): never => fail('OPTION_EXPECTED', at, expected);
      const value = (!seen.has(option) && words[i + 1]) || wrong('an option once, with its value');
      seen.add(option);
      const number = readNumber(value, 0xffffffff);
      const place = saveOption(option);
      if (place !== undefined) {
        // GRE keys are decimal in this format, and hexadecimal on lines of `-L`.
        const text = place[1].endsWith('key=') && number >= 0 ? formatKey(number) : value;
        tokens.add(place[0], place[1] + text, at);
        status |= NAT[option] ?? 0;
        if (option === '-s') tokens.add(LAYER3, value.includes(':') ? 'ipv6 10' : 'ipv4 2', at);
      } else if (option === '-p') {
        const protocol = findProtocol(value) ?? wrong('a protocol');
        tokens.add(LAYER4, `${printedName(protocol.number)} ${protocol.number}`, at);
      } else if (option === '-u') {
        for (const name of value === 'UNSET' ? [] : value.split(','))
          status |= STATUS[SAVE_STATUS.find(one => one === name) ?? wrong(`UNSET, or any of ${SAVE_STATUS}`)];
      } else if (option === '--role' && (value === 'client' || value === 'server'))
        protoinfo = { ...protoinfo, role: value };
      else if (VTAGS[option] !== undefined && number >= 0)
        protoinfo = { ...protoinfo, vtag: { ...protoinfo?.vtag, [VTAGS[option]]: swapVtag(number) } };
      else wrong('an option of -o save with a valid value');
      at += option.length + value.length + 2;
    }
    if (!seen.has('-p')) fail('PROTOCOL_EXPECTED', rest.length, '-p');
    const record = tokens.read(reader);
    record.status = statusNames(status);
    Object.assign(record, protoinfo && { protoinfo }, userspace);
    return { record, event };
  };
};
