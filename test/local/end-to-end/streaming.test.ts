import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Sha256 } from '@aws-crypto/sha256-js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import WebSocket from 'ws';
import { makeApiClient } from '../../../lib/adapters/client/api-client.ts';
import { openEventStream } from '../../../lib/adapters/client/event-stream.ts';
import type { ApiTarget } from '../../../lib/adapters/client/find-api.ts';
import { signHeaders } from '../../../lib/adapters/control/sigv4.ts';
import { followJob } from '../../../lib/cli/job/follow-job.ts';
import type { JobEvent, NumberedEvent } from '../../../lib/contracts/job-events.ts';
import type { StreamedEvent, StreamMessage } from '../../../lib/contracts/stream.ts';
import type { StartReply } from '../../../lib/contracts/worker-protocol.ts';
import { EventTrack } from '../../../lib/core/stream/event-track.ts';
import { startOf } from './bad-worker-calls.ts';
import { until } from './client.ts';
import { type Bed, briskSettings, guestArn, startBed } from './harness.ts';

/** The test speaks as the worker, so that it decides what is said when: no task gets a process here. */
let bed: Bed;
const frameBytes = 32 * 1024;

beforeAll(async () => {
  const patient = { ...briskSettings.timings, leaseSeconds: 600, startSeconds: 600 };
  bed = await startBed({
    concurrency: 0,
    environment: { TIMINGS: JSON.stringify(patient), FORCE_FARGATE: 'true', MAX_CONCURRENT_WORKERS: '50' },
    socketLimits: { frameBytes },
  });
}, 120_000);
afterAll(() => bed?.close(), 20_000);

interface Session {
  jobId: string;
  attempt: number;
  session: string;
}

async function worker<T>(name: string, body: object): Promise<T> {
  const credentials = bed.cloud.workerCredentials;
  const reply = await bed.call<T>('POST', `/worker/${name}`, body, { credentials });
  if (reply.status !== 200) throw new Error(`${name}: ${reply.status} ${reply.text}`);
  return reply.body;
}

async function started(): Promise<Session> {
  const { id } = await bed.submit({ type: 'echo', payload: { message: 'hi' } });
  const { attempt, links } = await bed.reaches(id, (job) => job.links.taskArn !== undefined, 'has a task');
  const { overrides } = await bed.task(links.taskArn ?? '');
  const environment = overrides?.containerOverrides?.[0]?.environment ?? [];
  const ticket = environment.find(({ name }) => name === 'MUSTER_TICKET')?.value ?? '';
  const { session } = await worker<StartReply>('start', startOf({ jobId: id, attempt, ticket }));
  return { jobId: id, attempt, session };
}

function note(message: string): JobEvent {
  return { type: 'note', atMs: Date.now(), message };
}

/** One call of the worker. */
function says(session: Session, firstSeq: number, ...messages: string[]): Promise<{ watched: boolean }> {
  return worker('events', { ...session, firstSeq, events: messages.map(note) });
}

async function ends(session: Session): Promise<void> {
  const error = { code: 'worker_error', message: 'enough', retryable: false };
  await worker('finish', { ...session, outcome: { kind: 'failed', error } });
}

async function logOf({ jobId }: Session): Promise<NumberedEvent[]> {
  const items: NumberedEvent[] = [];
  for (let after = ''; ; ) {
    const { body } = await bed.call<{ items: NumberedEvent[]; cursor: string }>(
      'GET',
      `/jobs/${jobId}/events${after === '' ? '' : `?after=${after}`}`,
    );
    if (body.items.length === 0) return items;
    items.push(...body.items);
    after = body.cursor;
  }
}

function target(): ApiTarget {
  const { url, region, outputs, clientCredentials } = bed.cloud;
  return {
    kind: 'local',
    url,
    region,
    foundBy: 'the test',
    offlineModel: true,
    credentials: async () => clientCredentials,
    streamUrl: async () => outputs.StreamUrl,
    outputs: async () => outputs,
  };
}

const swift = { retryBaseMs: 10, retryCapMs: 30 };

/** What a reader hears that never asks the API, only the socket. */
function listen(id: string, signal: AbortSignal, times: object = swift) {
  const heard: { seq: number; attempt: number; message: string; afterMs: number }[] = [];
  const hints: string[] = [];
  const stream = openEventStream(target(), { signal, times });
  stream.watch(id, {
    track: new EventTrack<StreamedEvent>(),
    onEvents(events) {
      for (const event of events as NumberedEvent[])
        if (event.type === 'note')
          heard.push({
            seq: event.seq,
            attempt: event.attempt,
            message: event.message,
            afterMs: Date.now() - event.atMs,
          });
    },
    onHint: () => hints.push('hint'),
  });
  return { heard, hints, stream };
}

let over = new AbortController();
beforeEach(() => {
  over.abort();
  over = new AbortController();
});
afterAll(() => over.abort());

describe('a watcher [A9]', () => {
  test('gets what was said before, and then what is said, each once and in order', async () => {
    const job = await started();
    await says(job, 1, 'a', 'b');
    const { heard, stream } = listen(job.jobId, over.signal);
    await until('the replay', () => stream.isLive(job.jobId) || undefined);
    expect(await says(job, 3, 'c')).toEqual({ watched: true });
    await says(job, 4, 'd', 'e');
    await until('all', () => heard.length >= 5 || undefined);
    expect(heard.map(({ message }) => message).join('')).toBe('abcde');
  });

  test('hears that the worker has ended', async () => {
    const job = await started();
    const { hints, stream } = listen(job.jobId, over.signal);
    await until('the replay', () => stream.isLive(job.jobId) || undefined);
    await ends(job);
    await until('the hint', () => hints.length > 0 || undefined);
  });

  test('that is cut off ten times during a job ends with exactly the events that the job has', async () => {
    const job = await started();
    const { heard } = listen(job.jobId, over.signal);
    let cuts = 0;
    for (let seq = 1; seq <= 60; seq += 2) {
      await says(job, seq, `n${seq}`, `n${seq + 1}`);
      if (cuts < 10 && seq % 5 === 0) {
        await until('a connection to cut', () => (bed.cloud.sockets?.cut() ?? 0) > 0 || undefined);
        cuts += 1;
      }
      await delay(15);
    }
    // Five of thirty: the rest of the cuts, while the log is being replayed.
    for (; cuts < 10; cuts++)
      await until('a connection to cut', () => (bed.cloud.sockets?.cut() ?? 0) > 0 || undefined);
    await until('all', () => heard.length >= 60 || undefined);
    await delay(100);
    const log = await logOf(job);
    expect(cuts).toBe(10);
    expect(heard.map(({ seq, message }) => `${seq} ${message}`)).toEqual(
      log.map((event) => `${event.seq} ${event.type === 'note' ? event.message : ''}`),
    );
  }, 60_000);

  test('by the command line gets them too, with cuts, and ends with the job', async () => {
    const job = await started();
    const seen: string[] = [];
    const api = makeApiClient(target());
    const followed = followJob(api, job.jobId, {
      onState: ({ status }) => seen.push(status),
      onEvent: (event) => seen.push(String(event.seq)),
    });
    for (let seq = 1; seq <= 20; seq++) {
      await says(job, seq, 'x');
      if (seq % 4 === 0) bed.cloud.sockets?.cut();
    }
    await ends(job);
    expect((await followed).status).toBe('FAILED');
    const numbers = Array.from({ length: 20 }, (_, index) => String(index + 1));
    expect(seen).toEqual(['RUNNING', ...numbers, 'FAILED']);
  });

  test('follows a job into its next attempt', async () => {
    const job = await started();
    const { heard, stream } = listen(job.jobId, over.signal);
    await until('the replay', () => stream.isLive(job.jobId) || undefined);
    await says(job, 1, 'first');
    await worker('finish', { ...job, outcome: { kind: 'interrupted', reason: 'Spot' } });
    const again = await bed.reaches(
      job.jobId,
      ({ attempt, links }) => attempt === 2 && links.taskArn !== undefined,
      'has a second task',
    );
    const { overrides } = await bed.task(again.links.taskArn ?? '');
    const environment = overrides?.containerOverrides?.[0]?.environment ?? [];
    const ticket = environment.find(({ name }) => name === 'MUSTER_TICKET')?.value ?? '';
    const { session } = await worker<StartReply>('start', startOf({ jobId: job.jobId, attempt: 2, ticket }));
    await says({ jobId: job.jobId, attempt: 2, session }, 1, 'second');
    await until('both', () => heard.length >= 2 || undefined);
    expect(heard.map(({ attempt, message }) => `${attempt} ${message}`)).toEqual(['1 first', '2 second']);
  });

  test('stays connected through the limits of API Gateway, shortened here to one second and a half', async () => {
    const short = await startBed({
      concurrency: 0,
      environment: { FORCE_FARGATE: 'true' },
      socketLimits: { idleMs: 600, connectionMs: 1_500 },
    });
    const long = bed;
    bed = short;
    try {
      const job = await started();
      const { heard } = listen(job.jobId, over.signal, { ...swift, pingMs: 200 });
      for (let seq = 1; seq <= 8; seq++) {
        await says(job, seq, `n${seq}`);
        await delay(400);
      }
      await until('all', () => heard.length >= 8 || undefined);
      expect(heard.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      over.abort();
    } finally {
      bed = long;
      await short.close();
    }
  }, 60_000);
});

interface Raw {
  socket: WebSocket;
  messages: StreamMessage[];
  closed: Promise<number>;
}

async function connect(
  credentials: { accessKeyId: string; secretAccessKey: string } = bed.cloud.clientCredentials,
): Promise<Raw> {
  const url = bed.cloud.outputs.StreamUrl ?? '';
  const headers = await signHeaders({ url, credentials, region: bed.cloud.region });
  const socket = new WebSocket(url, { headers });
  const messages: StreamMessage[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as StreamMessage));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('unexpected-response', (_, response) => reject(new Error(`status ${response.statusCode}`)));
    socket.once('error', reject);
  });
  return { socket, messages, closed };
}

async function answerTo(said: string | object): Promise<StreamMessage> {
  const { socket, messages } = await connect();
  socket.send(typeof said === 'string' ? said : JSON.stringify(said));
  const answer = await until('an answer', () => messages[0]);
  socket.terminate();
  return answer;
}

describe('on a WebSocket', () => {
  test('a ping is answered', async () => {
    expect(await answerTo({ ping: 1 })).toEqual({ type: 'pong' });
  });

  test.each([
    ['garbage', '}{', 'invalid_request', 'not JSON'],
    ['an empty message', '[]', 'invalid_request', ''],
    ['a field that is none', { watch: 'job-1', from: 1 }, 'invalid_request', ''],
    ['another ping', { ping: 2 }, 'invalid_request', ''],
    ['a job that does not exist', { watch: 'job-none' }, 'not_found', 'there is no job'],
    ['a run that does not exist', { watch: 'run-0123456789abcdef' }, 'not_found', 'there is no run'],
    ['an id that is none', { watch: '../SLOTS' }, 'not_found', 'there is no job'],
  ])('%s gets an error message, and the connection stays', async (_what, said, code, says) => {
    const answer = await answerTo(said);
    expect(answer).toMatchObject({ type: 'error', problem: { code } });
    expect(JSON.stringify(answer)).toContain(says);
  });

  test('a cursor of another job is refused', async () => {
    const [one, other] = [await started(), await started()];
    await says(one, 1, 'a');
    const { body } = await bed.call<{ cursor: string }>('GET', `/jobs/${one.jobId}/events`);
    expect(await answerTo({ watch: other.jobId, after: body.cursor })).toMatchObject({
      type: 'error',
      watch: other.jobId,
      problem: { code: 'invalid_cursor' },
    });
  });

  test('a message goes on from the cursor of the HTTP API', async () => {
    const job = await started();
    await says(job, 1, 'a', 'b');
    const { body } = await bed.call<{ cursor: string }>('GET', `/jobs/${job.jobId}/events`);
    await says(job, 3, 'c');
    expect(await answerTo({ watch: job.jobId, after: body.cursor })).toMatchObject({
      type: 'events',
      items: [{ attempt: 1, seq: 3, message: 'c' }],
    });
  });

  test.each([
    ['a message of 1 MB', 'x'.repeat(1_048_576), 1009],
    ['a frame of more than 32 KB', 'x'.repeat(frameBytes + 1), 1009],
    ['a binary message', Buffer.from([1, 2, 3]), 1003],
  ])('%s ends the connection', async (_what, data, code) => {
    const { socket, closed } = await connect();
    socket.on('error', () => undefined);
    socket.send(data);
    expect(await closed).toBe(code);
  });

  test('1 MB in frames that are short enough each ends the connection, too', async () => {
    const { socket, closed } = await connect();
    socket.on('error', () => undefined);
    const part = 'x'.repeat(16_384);
    for (let sent = 0; sent < 1_048_576 && socket.readyState === WebSocket.OPEN; sent += part.length)
      socket.send(part, { fin: false });
    expect(await closed).toBe(1009);
  });

  test.each([
    ['of a frame without end', Buffer.alloc(4_096, 0xff), 1009],
    ['of another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 1002],
  ])('bytes %s end the connection, and no other one', async (_what, bytes, code) => {
    const other = await connect();
    const { socket, closed } = await connect();
    socket.on('error', () => undefined);
    (socket as unknown as { _socket: Socket })._socket.write(bytes);
    expect(await closed).toBe(code);
    other.socket.send(JSON.stringify({ ping: 1 }));
    expect(await until('a pong', () => other.messages[0])).toEqual({ type: 'pong' });
    other.socket.terminate();
  });

  test('a twenty-first job is refused', async () => {
    const job = await started();
    const raw = await connectAs('watches', { SS: Array.from({ length: 20 }, (_, n) => `job-${n}`) });
    raw.socket.send(JSON.stringify({ watch: job.jobId }));
    const answer = await until('an answer', () => raw.messages.find(({ type }) => type === 'error'));
    raw.socket.terminate();
    expect(answer).toMatchObject({ watch: job.jobId, problem: { code: 'invalid_request' } });
  });

  test('a job of a foreign project does not exist [A10]', async () => {
    const job = await started();
    await says(job, 1, 'secret');
    const { socket, messages } = await connectAs('userArn', { S: guestArn });
    socket.send(JSON.stringify({ watch: job.jobId }));
    socket.send(JSON.stringify({ ping: 1 }));
    await until('both answers', () => messages.length >= 2 || undefined);
    expect(await says(job, 2, 'secret, too')).toEqual({ watched: false });
    socket.terminate();
    const types = messages.map((message) => (message.type === 'error' ? message.problem.code : message.type));
    expect(types.sort()).toEqual(['not_found', 'pong']);
  });

  test('events that fit no frame are left to the HTTP API', async () => {
    const job = await started();
    const events = [{ type: 'text', atMs: 1, text: '\u0001'.repeat(8_000) }];
    await worker('events', { ...job, firstSeq: 1, events });
    expect(await answerTo({ watch: job.jobId })).toEqual({ type: 'behind', watch: job.jobId });
  });

  test('an end leaves nothing behind', async () => {
    const job = await started();
    const { socket, messages } = await connect();
    socket.send(JSON.stringify({ watch: job.jobId }));
    await until('the replay', () => messages.find(({ type }) => type === 'watching'));
    socket.close();
    await until('no watch', async () =>
      (await bed.items()).every(({ pk }) => pk !== `WATCH#${job.jobId}`) ? true : undefined,
    );
    expect(await says(job, 1, 'a')).toEqual({ watched: false });
  });
});

/** An open connection of which one attribute is another: no test has a key of anybody else. */
async function connectAs(attribute: 'userArn' | 'watches', value: object): Promise<Raw> {
  const own = await started();
  const raw = await connect();
  raw.socket.send(JSON.stringify({ watch: own.jobId }));
  await until('the replay', () => raw.messages.find(({ type }) => type === 'watching'));
  const watch = (await bed.items()).find(({ pk }) => pk === `WATCH#${own.jobId}`);
  await bed.callService('dynamodb', 'DynamoDB_20120810.UpdateItem', {
    TableName: bed.cloud.outputs.TableName,
    Key: { pk: { S: `CONNECTION#${String(watch?.sk)}` }, sk: { S: 'CONNECTION' } },
    UpdateExpression: 'SET #attribute = :value',
    ExpressionAttributeNames: { '#attribute': attribute },
    ExpressionAttributeValues: { ':value': value },
  });
  raw.messages.length = 0;
  return raw;
}

describe('a connection', () => {
  test('that is not signed is refused [A10]', async () => {
    const socket = new WebSocket(bed.cloud.outputs.StreamUrl ?? '');
    const status = await new Promise((resolve) => {
      socket.on('error', () => undefined);
      socket.once('unexpected-response', (_, response) => resolve(response.statusCode));
    });
    expect(status).toBe(403);
  });

  test('opens at a presigned address, too', async () => {
    const url = new URL(bed.cloud.outputs.StreamUrl ?? '');
    const signer = new SignatureV4({
      credentials: bed.cloud.clientCredentials,
      region: bed.cloud.region,
      service: 'execute-api',
      sha256: Sha256,
    });
    const { query = {} } = await signer.presign(
      {
        method: 'GET',
        protocol: 'https:',
        hostname: url.hostname,
        path: url.pathname,
        headers: { host: url.host },
      },
      { expiresIn: 60 },
    );
    const socket = new WebSocket(`${url}?${new URLSearchParams(query as Record<string, string>)}`);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    socket.terminate();
  });

  test('with a wrong key is refused [A10]', async () => {
    const { accessKeyId } = bed.cloud.clientCredentials;
    await expect(connect({ accessKeyId, secretAccessKey: 'wrong' })).rejects.toThrow('status 403');
  });

  test('of a worker is refused: it has a protocol of its own [A10]', async () => {
    await expect(connect(bed.cloud.workerCredentials)).rejects.toThrow('status 403');
  });

  test('of a browser is refused by the local cloud', async () => {
    const url = bed.cloud.outputs.StreamUrl ?? '';
    const { clientCredentials: credentials, region } = bed.cloud;
    const headers = await signHeaders({ url, credentials, region });
    const socket = new WebSocket(url, { headers, origin: 'https://example.com' });
    const status = await new Promise((resolve) => {
      socket.on('error', () => undefined);
      socket.once('unexpected-response', (_, response) => resolve(response.statusCode));
    });
    expect(status).toBe(403);
  });
});

describe('the function', () => {
  const streamFunction = () => bed.cloud.lambda.functionNames().find((name) => name.includes('Stream')) ?? '';

  async function invoke(eventType: string, userArn?: string, body?: string): Promise<number> {
    const outcome = await bed.cloud.lambda.invoke(streamFunction(), {
      requestContext: { eventType, connectionId: 'crafted', identity: userArn ? { userArn } : {} },
      ...(body !== undefined && { body }),
    });
    if (!outcome.ok) throw new Error(outcome.error.errorMessage);
    return (JSON.parse(outcome.payload) as { statusCode: number }).statusCode;
  }

  test('lets nobody connect whom IAM does not vouch for, or whom the settings do not name [A10]', async () => {
    expect(await invoke('CONNECT')).toBe(403);
    expect(await invoke('CONNECT', 'arn:aws:iam::000000000000:user/stranger')).toBe(403);
    expect(await invoke('CONNECT', guestArn)).toBe(200);
  });
});

test('an event is with its watcher within 300 ms of its being said, at the 95th percentile', async () => {
  const job = await started();
  const { heard, stream } = listen(job.jobId, over.signal);
  await until('the replay', () => stream.isLive(job.jobId) || undefined);
  for (let seq = 1; seq <= 40; seq++) await says(job, seq, `n${seq}`);
  await until('all', () => heard.length >= 40 || undefined);
  const sorted = heard.map(({ afterMs }) => afterMs).sort((a, b) => a - b);
  expect(sorted[37]).toBeLessThan(300);
});
