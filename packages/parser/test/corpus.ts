import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type FlowFormat, parseEventText, parseText } from '../src/all.js';
import {
  formatExpectation,
  formatExpectationEvent,
  parseExpectationEventText,
  parseExpectationText,
  XML_EXPECT_FOOTER,
  XML_EXPECT_HEADER,
} from '../src/expectations.js';
import { type DetectedFormat, detectFormat, formatEvent, formatFlow, XML_FOOTER, XML_HEADER } from '../src/format.js';
import { formatCount, formatProcStats, formatStats, parseCount, parseProcStats, parseStats } from '../src/stats.js';

export const CORPUS = fileURLToPath(new URL('./corpus/', import.meta.url));

/** Files of a folder of the corpus: names and texts. */
export const corpusFiles = (folder: string): [name: string, text: string][] =>
  readdirSync(`${CORPUS}${folder}`)
    .sort()
    .map(name => [name, readFileSync(`${CORPUS}${folder}/${name}`, 'utf8')]);

const lines = (parts: readonly string[]): string => parts.map(part => `${part}\n`).join('');

/** The corpus was recorded in UTC, except for one file that has its zone in its name. */
const zoneOf = (name: string): number => (name.includes('-jst') ? 540 : 0);

function rewriteExpectations(text: string, detected: DetectedFormat): string {
  const xml = text.startsWith('<');
  const format = xml ? 'xml' : (detected.format as 'expectations' | 'proc_expectations');
  const events = /\[(?:NEW|UPDATE|DESTROY)\]|<flow type=/.test(text);
  const written = events
    ? parseExpectationEventText(text, { timeZone: 0 }).map(event =>
        formatExpectationEvent(event, { format, timeZone: 0 }),
      )
    : parseExpectationText(text, { timeZone: 0 }).map(expectation =>
        formatExpectation(expectation, { format, timeZone: 0 }),
      );
  if (!xml) return lines(written);
  return lines([XML_EXPECT_HEADER, ...written, XML_EXPECT_FOOTER]);
}

/** Reads a text in the detected format and writes it in the same format. */
export function rewrite(name: string, text: string): string {
  const detected = detectFormat(text);
  if (detected === undefined) throw new Error(`${name}: no format`);
  switch (detected.format) {
    case 'stats':
      return formatStats(parseStats(text), detected);
    case 'proc_stats':
      return formatProcStats(parseProcStats(text));
    case 'count':
      return formatCount(parseCount(text));
    case 'expectations':
    case 'proc_expectations':
      return rewriteExpectations(text, detected);
    default: {
      if (text.includes('<expect>')) return rewriteExpectations(text, detected);
      const timeZone = zoneOf(name);
      const options = { ...detected, format: detected.format as FlowFormat, timeZone };
      const written = detected.events
        ? parseEventText(text, { timeZone }).map(event => formatEvent(event, options))
        : parseText(text, { timeZone }).map(flow => formatFlow(flow, options));
      return detected.format === 'xml' ? lines([XML_HEADER, ...written, XML_FOOTER]) : lines(written);
    }
  }
}
