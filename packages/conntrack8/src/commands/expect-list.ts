import { formatExpectation, XML_EXPECT_FOOTER, XML_EXPECT_HEADER } from '@conntrack/parser/expectations';
import { type Context, say } from '../context.js';

const encoder = new TextEncoder();

/** `-L expect`: lists the expectations, of one family if it was given. */
export async function listExpectations(context: Context): Promise<number> {
  const { request, conntrack, terminal } = context;
  const { output, family } = request;
  const format = output.has('xml') ? 'xml' : 'expectations';
  let count = 0;
  let text = '';
  for await (const expectation of conntrack.expectations.list()) {
    if (family !== undefined && expectation.family !== family) continue;
    if (format === 'xml' && count === 0) text += `${XML_EXPECT_HEADER}\n`;
    const shown = output.has('timestamp') ? { ...expectation, time: new Date().toISOString() } : expectation;
    text += `${formatExpectation(shown, { format })}\n`;
    count++;
    if (text.length > 65_536) {
      terminal.out(encoder.encode(text));
      text = '';
    }
  }
  if (format === 'xml' && count > 0) text += `${XML_EXPECT_FOOTER}\n`;
  if (text !== '') terminal.out(encoder.encode(text));
  say(context, `${count} expectations have been shown.`);
  return 0;
}
