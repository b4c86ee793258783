import { startFakeServer } from './fake-provider.ts';

/** What a provider writes on its bill for one call, in its own words. */
export type Stated = Record<string, unknown>;

export interface Meter {
  /** For the adapter's `baseUrl`. */
  url: string;
  /** One for each call that was answered to its end. */
  bills: Stated[];
  /** Most calls that were open at once. */
  mostAtOnce(): number;
  close(): Promise<void>;
}

/**
 * In front of a provider's servers: passes everything on as it comes, and reads along what usage is stated.
 *
 * @param route which server a request is for
 * @param together nothing is passed on until so many calls are open at once
 */
export async function startMeter(
  route: (body: string) => string,
  read: (events: readonly Stated[]) => Stated | undefined,
  together = 1,
): Promise<Meter> {
  const bills: Stated[] = [];
  const { promise: areTogether, resolve: meet } = Promise.withResolvers<void>();
  let open = 0;
  let most = 0;
  const { url, close } = await startFakeServer(async (req, res, body) => {
    open += 1;
    most = Math.max(most, open);
    if (open === together) meet();
    try {
      await areTogether;
      const { host: _, 'content-length': __, connection: ___, ...headers } = req.headers;
      const answer = await fetch(`${route(body.toString('utf8'))}${req.url}`, {
        method: req.method ?? 'POST',
        headers: headers as Record<string, string>,
        body: new Uint8Array(body),
      });
      res.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
      let text = '';
      for await (const chunk of answer.body ?? []) {
        text += Buffer.from(chunk).toString('utf8');
        res.write(chunk);
      }
      const bill = answer.ok ? read(eventsIn(text)) : undefined;
      if (bill) bills.push(bill);
      res.end();
    } finally {
      open -= 1;
    }
  });
  return { url, bills, mostAtOnce: () => most, close };
}

function eventsIn(text: string): Stated[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as Stated);
}
