export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** SDKs swallow pings, so that only the bytes themselves show whether a stream is alive. */
export function watchFetch(touch: () => void): Fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    touch();
    if (!response.body) return response;
    const transform = (chunk: Uint8Array, controller: TransformStreamDefaultController<Uint8Array>) => {
      touch();
      controller.enqueue(chunk);
    };
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(new TransformStream({ transform })), {
      status,
      statusText,
      headers,
    });
  };
}
