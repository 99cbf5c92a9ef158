import { createRequire } from 'node:module';
import type { Ctx } from '../http/context.js';
import { requestHeader } from '../http/request-header.js';

type Api = typeof import('@opentelemetry/api');

/** The module `@opentelemetry/api`. Written without its types, so that programs without the module type-check. */
export interface OpenTelemetry {
  readonly context: object;
  readonly propagation: object;
  readonly trace: { getTracerProvider(): object };
}

/** W3C Trace Context: version, trace id, parent id, flags. An id of zeros is invalid. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(-|$)/;

/** The trace id of a request, from its header `traceparent`. */
export function traceIdOf(c: Ctx): string | undefined {
  const header = requestHeader(c, 'traceparent');
  return header === undefined ? undefined : TRACEPARENT.exec(header)?.[1];
}

/**
 * Loads `@opentelemetry/api`, if the program has it. The module keeps its registrations in a global variable, so any
 * copy works.
 */
export function findOpenTelemetry(): OpenTelemetry | undefined {
  try {
    return createRequire(import.meta.url)('@opentelemetry/api') as OpenTelemetry;
  } catch {
    return undefined;
  }
}

/** Runs a request inside a span. */
export type Tracing = (c: Ctx, run: () => Response | Promise<Response>) => Response | Promise<Response>;

/**
 * Makes spans with the OpenTelemetry API; without a registered provider this does nothing. Spans have route and status,
 * but no query string, address or token.
 */
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
    // A program may register its provider at any time. Until then the check costs little.
    registered ||=
      (provider as InstanceType<Api['ProxyTracerProvider']>).getDelegateTracer('@conntrack/api') !== undefined;
    return registered ? traced(c, run) : run();
  };
}
