import type { EventSlab } from '@conntrack/netlink';
import { formatExpectationEvent, XML_EXPECT_FOOTER, XML_EXPECT_HEADER } from '@conntrack/parser/expectations';
import type { Request } from '../argv/request.js';
import { type EventOutput, nowText } from './event-output.js';

const encoder = new TextEncoder();

/** Makes the output of expectation events that `-o` requests. */
export function expectationEventOutput({ output, family }: Request): EventOutput {
  const format = output.has('xml') ? 'xml' : 'expectations';
  let begun = false;
  return {
    take: (slab: EventSlab) => {
      let text = '';
      let shown = 0;
      for (const event of slab.expectations()) {
        const { expectation } = event;
        if (family !== undefined && expectation.family !== family) continue;
        if (format === 'xml' && !begun) text += `${XML_EXPECT_HEADER}\n`;
        begun = true;
        // Only events of entries name the program that caused them.
        delete expectation.portid;
        if (output.has('timestamp')) event.time = nowText();
        text += `${formatExpectationEvent(event, { format })}\n`;
        shown++;
      }
      return { bytes: encoder.encode(text), shown };
    },
    end: () => encoder.encode(format === 'xml' && begun ? `${XML_EXPECT_FOOTER}\n` : ''),
  };
}
