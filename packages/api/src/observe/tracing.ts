import { createRequire } from 'node:module';
import type { Ctx } from '../http/context.js';

type Api = typeof import('@opentelemetry/api');

/** The module `@opentelemetry/api`. Declarations do not name its types: programs without the module type-check too. */
export interface OpenTelemetry {
  readonly context: object;
  readonly propagation: object;
  readonly trace: { getTracerProvider(): object };
}

/** W3C Trace Context: version, trace id, parent id, flags. Ids of zeros are none. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(-|$)/;

/** The trace that a request belongs to, by its `traceparent`. */
export const traceIdOf = (c: Ctx): string | undefined => TRACEPARENT.exec(c.req.header('traceparent') ?? '')?.[1];

/** `@opentelemetry/api`, where the program that uses this package has it. It keeps what is registered in a global, so any copy will do. */
export function findOpenTelemetry(): OpenTelemetry | undefined {
  try {
    return createRequire(import.meta.url)('@opentelemetry/api') as OpenTelemetry;
  } catch {
    return undefined;
  }
}

/** Runs a request within a span. */
export type Tracing = (c: Ctx, run: () => Response | Promise<Response>) => Response | Promise<Response>;

/** Spans through the API: without a registered provider they are nothing. They carry route and status, and no query string, address or token. */
export function tracingOf(module: OpenTelemetry): Tracing {
  const otel = module as Api;
  const provider = otel.trace.getTracerProvider();
  const tracer = provider.getTracer('@conntrack/api');
  let registered = !(provider instanceof otel.ProxyTracerProvider);
  const getter = {
    get: (c: Ctx, name: string) => c.req.header(name),
    keys: () => ['traceparent', 'tracestate'],
  };
  const traced: Tracing = async (c, run) => {
    const parent = otel.propagation.extract(otel.context.active(), c, getter);
    const span = tracer.startSpan(
      c.req.method,
      { kind: otel.SpanKind.SERVER, attributes: { 'http.request.method': c.req.method, 'url.scheme': 'http' } },
      parent,
    );
    const { traceId } = span.spanContext();
    if (otel.isValidTraceId(traceId)) c.set('traceId', traceId);
    try {
      const response = await otel.context.with(otel.trace.setSpan(parent, span), run);
      const { path, id } = c.get('operation') ?? {};
      if (path !== undefined) span.updateName(`${c.req.method} ${path}`).setAttribute('http.route', path);
      if (id !== undefined) span.setAttribute('conntrack.operation', id);
      span.setAttribute('http.response.status_code', response.status);
      if (response.status >= 500) span.setStatus({ code: otel.SpanStatusCode.ERROR });
      return response;
    } finally {
      span.end();
    }
  };
  return (c, run) => {
    // A program may register its provider at any time; until then this costs a look.
    registered ||=
      (provider as InstanceType<Api['ProxyTracerProvider']>).getDelegateTracer('@conntrack/api') !== undefined;
    return registered ? traced(c, run) : run();
  };
}
