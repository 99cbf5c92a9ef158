import * as otel from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TOKEN, testApp } from '../support.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const traceparent = `00-${TRACE}-${PARENT}-01`;

const spans = new InMemorySpanExporter();

beforeAll(() => {
  otel.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
  otel.propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
afterAll(() => {
  otel.trace.disable();
  otel.propagation.disable();
});

test("a request is a span of its caller's trace, with route and status, and without its query", async () => {
  spans.reset();
  const app = testApp();
  await app.request('/conntrack?src=10.1.2.3', { headers: { traceparent } });
  await app.request('/conntrack/ct1.secret', { headers: { traceparent } });
  const [list, get] = spans.getFinishedSpans();
  expect(list).toMatchObject({
    name: 'GET /conntrack',
    kind: otel.SpanKind.SERVER,
    parentSpanContext: { traceId: TRACE, spanId: PARENT },
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/conntrack',
      'http.response.status_code': 200,
      'conntrack.operation': 'listFlows',
    },
  });
  expect(get).toMatchObject({ name: 'GET /conntrack/{key}', attributes: { 'http.response.status_code': 400 } });
  const told = JSON.stringify([list!.attributes, get!.attributes, list!.name, get!.name]);
  expect(told).not.toMatch(/10\.1\.2\.3|ct1\.secret/);
  expect(told).not.toContain(TOKEN);
});

test('log lines contain the trace id, with spans and without', async () => {
  for (const openTelemetry of [otel, false] as const) {
    const app = testApp({ openTelemetry });
    await app.request('/conntrack?proto=tcp', { method: 'DELETE', headers: { traceparent } });
    expect(app.lines).toMatchObject([
      { event: 'intent', traceId: TRACE },
      { event: 'audit', traceId: TRACE },
    ]);
  }
});

test.each([
  'nonsense',
  `ff-${TRACE}-${PARENT}-01`,
  `00-${'0'.repeat(32)}-${PARENT}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${PARENT}-01`,
])('an invalid traceparent is ignored: %s', async header => {
  const app = testApp({ openTelemetry: false });
  await app.request('/conntrack?proto=tcp', { method: 'DELETE', headers: { traceparent: header } });
  expect(app.lines[0]).not.toHaveProperty('traceId');
});
