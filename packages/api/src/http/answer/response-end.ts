/**
 * Calls `over` once, when the body of a response ends, breaks off, or its reader leaves. For applications without a Node
 * server: there is no connection whose end would say it.
 */
export function whenOver(response: Response, over: () => void): Response {
  if (response.body === null) {
    over();
    return response;
  }
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        over();
      },
      cancel(reason) {
        over();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, response);
}
