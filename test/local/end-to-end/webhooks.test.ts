import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
// @ts-expect-error: plain JavaScript, as a receiver has it
import { verify } from '../../../examples/webhook-receiver/verify.mjs';
import type { EchoResult, JobView } from '../../../lib/contracts/job-view.ts';
import type { WebhookSecrets, WebhookView } from '../../../lib/contracts/webhook.ts';
import { until } from './client.ts';
import { type Bed, startBed } from './harness.ts';

interface Got {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What the receiver answers, by path; each time the first one that is left. */
const answers: Record<string, number[]> = { '/flaky': [503, 200], '/gone': [410], '/fine': [] };
const got: Got[] = [];
let server: Server;
let receiver: string;
let bed: Bed;

beforeAll(async () => {
  server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const path = req.url ?? '';
    got.push({ path, headers: req.headers, body: Buffer.concat(chunks).toString('utf8') });
    res.writeHead(answers[path]?.shift() ?? 204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  bed = await startBed({ environment: { LOOPBACK_WEBHOOKS: 'true' } });
}, 120_000);

afterAll(async () => {
  await bed?.close();
  server?.closeAllConnections();
  server?.close();
}, 20_000);

const echo = (message: string, more: object = {}) => ({ type: 'echo', payload: { message }, ...more });

async function secrets(): Promise<string[]> {
  const { body } = await bed.call<WebhookSecrets>('GET', '/webhook-secrets/default');
  return body.secrets.map(({ secret }) => secret);
}

async function webhookOf(subject: string, status: WebhookView['status']): Promise<WebhookView> {
  return until(`the webhook of ${subject} is ${status}`, async () => {
    const { body } = await bed.call<{ items: WebhookView[] }>('GET', `/webhooks?status=${status}`);
    return body.items.find((webhook) => webhook.subject === subject);
  });
}

function postingsOf(subject: string): Got[] {
  return got.filter(({ body }) => body.includes(subject));
}

describe('a receiver', () => {
  test('that fails once is told again, with the same id and a valid signature [A9]', async () => {
    const { id } = await bed.submit(echo('tell me', { callbackUrl: `${receiver}/flaky` }));
    const webhook = await webhookOf(id, 'delivered');
    expect(webhook).toMatchObject({ event: 'job.ended', tries: 2, lastStatus: 200, project: 'default' });
    const postings = postingsOf(id);
    expect(postings).toHaveLength(2);
    const valid = await secrets();
    for (const { headers, body } of postings)
      expect(verify(body, headers, valid)).toEqual({ ok: true, id: webhook.id });
    expect(postings[0]?.body).toBe(postings[1]?.body);
    expect(JSON.parse(postings[0]?.body ?? '')).toMatchObject({
      type: 'job.ended',
      data: { id, type: 'echo', status: 'SUCCEEDED' },
    });
  }, 90_000);

  test('that is gone gets nothing more, is among the dead, and is told when somebody replays it [A9]', async () => {
    const callbackUrl = `${receiver}/gone`;
    const first = await bed.submit(echo('first', { callbackUrl }));
    const dead = await webhookOf(first.id, 'dead');
    expect(dead).toMatchObject({ tries: 1, lastStatus: 410 });
    const second = await bed.submit(echo('second', { callbackUrl }));
    await webhookOf(second.id, 'dead');
    expect(postingsOf(second.id)).toEqual([]);

    const replayed = await bed.call<WebhookView>('POST', `/webhooks/${dead.id}/replay`);
    expect(replayed).toMatchObject({ status: 202, body: { id: dead.id, status: 'pending' } });
    await webhookOf(first.id, 'delivered');
    expect(postingsOf(first.id).map(({ headers }) => headers['webhook-id'])).toEqual([dead.id, dead.id]);
  }, 90_000);

  test('knows messages by the old and by the new secret while they change [A9]', async () => {
    const [old = ''] = await secrets();
    const { body } = await bed.call<WebhookSecrets>('POST', '/webhook-secrets/default/rotate');
    const { id } = await bed.submit(echo('twice signed', { callbackUrl: `${receiver}/fine` }));
    await webhookOf(id, 'delivered');
    const [posting] = postingsOf(id);
    for (const secret of [old, body.secrets[0]?.secret])
      expect(verify(posting?.body ?? '', posting?.headers ?? {}, [secret]).ok).toBe(true);
  }, 60_000);
});

describe('a chain', () => {
  test('hands results on, fans out and in, and its ids are known before [A9]', async () => {
    const then = [
      echo('{{result/message}}', { name: 'left' }),
      echo('{{job/status}}', { name: 'right', callbackUrl: `${receiver}/fine` }),
      echo('both', { dependsOn: ['left', 'right'] }),
    ];
    const first = await bed.submit(echo('handed on', { then }));
    const [left = '', right = '', both = ''] = first.next ?? [];
    await bed.ended(first.id);
    const found = async (id: string): Promise<JobView> =>
      until(`job ${id} has ended`, async () => {
        const { status, body } = await bed.call<JobView>('GET', `/jobs/${id}`);
        return status === 200 && body.endedAt !== undefined ? body : undefined;
      });
    expect((await found(both)).status).toBe('SUCCEEDED');
    expect((await bed.result<EchoResult>(left)).message).toBe('handed on');
    expect((await bed.result<EchoResult>(right)).message).toBe('SUCCEEDED');
    await webhookOf(right, 'delivered');
  }, 90_000);

  test('behind a cancelled job is failed, skipped or run, as each says [A9]', async () => {
    const then = [echo('a'), echo('b', { onFailure: 'skip' }), echo('c', { onFailure: 'run' })];
    const first = await bed.submit({
      ...echo('slow', { then }),
      payload: { message: 'slow', delaySeconds: 600 },
    });
    await bed.call('POST', `/jobs/${first.id}/cancel`);
    const ends = first.next?.map((id) =>
      until(`job ${id} has ended`, async () => {
        const { body } = await bed.call<JobView>('GET', `/jobs/${id}`);
        return body.endedAt === undefined ? undefined : body.status;
      }),
    );
    expect(await Promise.all(ends ?? [])).toEqual(['FAILED', 'CANCELLED', 'SUCCEEDED']);
  }, 90_000);
});

describe('the routes of webhooks', () => {
  test.each([
    ['GET', '/webhooks?status=lost', 400],
    ['GET', '/webhooks/wh-0', 404],
    ['GET', `/webhooks/wh-${'0'.repeat(32)}`, 404],
    ['POST', `/webhooks/wh-${'0'.repeat(32)}/replay`, 404],
    ['GET', '/webhook-secrets/NOT-A-PROJECT', 404],
  ])('answer %s %s with %i', async (method, path, status) => {
    expect((await bed.call(method, path)).status).toBe(status);
  });

  test('refuse workers [D4]', async () => {
    const { status } = await bed.call('GET', '/webhook-secrets/default', undefined, {
      credentials: bed.cloud.workerCredentials,
    });
    expect(status).toBe(403);
  });
});
