import { createServer } from 'node:http';
import { verify } from './verify.mjs';

const secrets = (process.env.MUSTER_WEBHOOK_SECRETS ?? '').split(',').filter((secret) => secret !== '');
if (secrets.length === 0) {
  console.error(
    'MUSTER_WEBHOOK_SECRETS is not set; muster webhook secret --project NAME shows what belongs there',
  );
  process.exit(2);
}
const port = Number(process.env.PORT ?? 8787);
const bodyBytes = 65_536;

/** Ids that were handled: a message may come twice. What lasts belongs into a database, for at least four days. */
const seen = new Set();

const server = createServer(async (req, res) => {
  const answer = (status) => res.writeHead(status).end();
  if (req.method !== 'POST') return answer(405);
  const chunks = [];
  let bytes = 0;
  for await (const chunk of req) {
    bytes += chunk.length;
    if (bytes > bodyBytes) return answer(413);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks).toString('utf8');
  const verified = verify(body, req.headers, secrets);
  if (!verified.ok) {
    console.error(`refused: ${verified.reason}`);
    return answer(401);
  }
  // First say yes, then work: Muster waits 15 seconds.
  answer(204);
  if (seen.has(verified.id)) return undefined;
  seen.add(verified.id);
  const { type, timestamp, data } = JSON.parse(body);
  console.log(JSON.stringify({ webhook: verified.id, type, timestamp, data }));
  return undefined;
});

server.listen(port, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
