import { readFileSync } from 'node:fs';
import { ParameterError } from '../errors.js';
import { unsigned } from './numbers.js';
import { type Protocol, protocolByName, protocolByNumber } from './protocols.js';

/**
 * Looks up a protocol's number by name or alias in /etc/protocols. Returns −1 if it is not there. Names are
 * case-sensitive.
 */
function inDatabase(name: string): number {
  let text: string;
  try {
    text = readFileSync('/etc/protocols', 'utf8');
  } catch {
    return -1;
  }
  for (const line of text.split('\n')) {
    const [official, number, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (official !== '' && (official === name || aliases.includes(name)) && /^\d+$/.test(number ?? ''))
      return Number(number);
  }
  return -1;
}

/** The protocol of `-p`, and its options if it has any. @throws ParameterError */
export function readProtocol(text: string): { number: number; options?: Protocol } {
  const named = protocolByName(text);
  if (named !== undefined) return { number: named.number, options: named };
  // A protocol that is found by its name in the file does not have the options of its number.
  const listed = inDatabase(text);
  if (listed >= 0) return { number: listed };
  const number = unsigned(text);
  if (number < 0 || number > 255) throw new ParameterError(`\`${text}' unsupported protocol`);
  const options = protocolByNumber(number);
  return options === undefined ? { number } : { number, options };
}
