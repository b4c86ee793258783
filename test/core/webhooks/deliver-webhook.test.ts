import { beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '#contracts/errors.ts';
import { deliverWebhook } from '#core/webhooks/deliver-webhook.ts';
import { makeWebhook } from '#core/webhooks/make-webhook.ts';
import { listWebhooks, replayWebhook } from '#core/webhooks/read-webhooks.ts';
import { readSecrets, rotateSecret } from '#core/webhooks/webhook-keys.ts';
// @ts-expect-error: plain JavaScript, as a receiver has it
import { verify } from '../../../examples/webhook-receiver/verify.mjs';
import { callerOf, everyone } from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';
import { RecordingReceivers } from '../../fakes/memory-webhooks.ts';

const url = 'https://hooks.example.com/muster';
const hourSeconds = 3_600;

let deps: MemoryDeps & { receivers: RecordingReceivers; master: { read(): Promise<string> } };
beforeEach(() => {
  const master = { read: async () => 'a master that nobody knows' };
  deps = { ...makeMemoryDeps(), receivers: new RecordingReceivers(), master };
  deps.random.nextFraction = 0.5;
});

function occasion(subject = 'job-1', to = url, project = 'shop') {
  const data = { id: subject, status: 'SUCCEEDED' };
  return { event: 'job.ended' as const, subject, project, url: to, atMs: deps.clock.nowMs(), data };
}

/** As the reconciler does it once a minute, so many hours long. */
async function pass(hours: number): Promise<void> {
  for (let minute = 0; minute < hours * 60; minute++) {
    for (const id of deps.webhooks.due(deps.clock.nowMs())) await deliverWebhook(deps, id);
    deps.clock.advanceSeconds(60);
  }
}

function only() {
  const [row, ...others] = deps.webhooks.webhooks.all.values();
  if (!row || others.length > 0) throw new Error(`there are ${others.length + 1} webhooks`);
  return row;
}

async function secretsNow(): Promise<string[]> {
  return (await readSecrets(deps, everyone, 'shop')).secrets.map(({ secret }) => secret);
}

describe('a webhook', () => {
  it('whose receiver fails nine times arrives at the tenth, always the same and well signed [A9]', async () => {
    const times: number[] = [];
    deps.receivers.answer = (_posting, count) => {
      times.push(deps.clock.nowMs());
      return count < 10 ? 503 : 200;
    };
    await makeWebhook(deps, occasion());
    await pass(100);
    expect(only()).toMatchObject({ status: 'delivered', tries: 10, lastStatus: 200 });
    expect(deps.receivers.postings).toHaveLength(10);
    const secrets = await secretsNow();
    for (const [index, { headers, body }] of deps.receivers.postings.entries()) {
      expect(verify(body, headers, secrets, (times[index] ?? 0) / 1_000)).toEqual({
        ok: true,
        id: only().id,
      });
      expect(body).toBe(deps.receivers.postings[0]?.body);
    }
    const hours = ((times[9] ?? 0) - (times[0] ?? 0)) / 3_600_000;
    expect(hours).toBeGreaterThan(75);
    expect(hours).toBeLessThan(76);
    expect(deps.metrics.counts).toMatchObject({ WebhooksDelivered: 1, WebhooksFailed: 9 });
  });

  it('whose receiver never answers is given up after ten tries, is listed, and arrives when it is replayed [A9]', async () => {
    deps.receivers.answer = () => new AppError('unavailable', 'there was no answer within 15 s');
    await deps.projects.note('shop');
    await makeWebhook(deps, occasion());
    await pass(100);
    const dead = only();
    expect(deps.receivers.postings).toHaveLength(10);
    expect(dead).toMatchObject({
      status: 'dead',
      tries: 10,
      reason: 'given up after 10 tries: there was no answer within 15 s',
    });
    const { rows } = await listWebhooks(deps, everyone, { status: 'dead' });
    expect(rows.map(({ id }) => id)).toEqual([dead.id]);
    expect(deps.metrics.counts.WebhooksDead).toBe(1);

    deps.receivers.answer = () => 204;
    expect(await replayWebhook(deps, everyone, dead.id)).toMatchObject({
      status: 'pending',
      tries: 0,
      replays: 1,
    });
    await pass(1);
    expect(only()).toMatchObject({ id: dead.id, status: 'delivered', tries: 1, replays: 1 });
    expect(deps.receivers.postings.at(-1)?.headers['webhook-id']).toBe(dead.id);
    expect((await listWebhooks(deps, everyone, { status: 'dead' })).rows).toEqual([]);
  });

  it('keeps its tries while the secret that it is signed by cannot be read', async () => {
    const { read } = deps.master;
    deps.master.read = async () => {
      throw new Error('Secrets Manager does not answer');
    };
    await makeWebhook(deps, occasion());
    for (let minute = 0; minute < 30; minute++) {
      for (const id of deps.webhooks.due(deps.clock.nowMs()))
        await expect(deliverWebhook(deps, id)).rejects.toThrow('does not answer');
      deps.clock.advanceSeconds(60);
    }
    expect(only()).toMatchObject({ status: 'pending', tries: 0 });
    deps.master.read = read;
    await pass(1);
    expect(only()).toMatchObject({ status: 'delivered', tries: 1 });
  });

  it('is tried sooner or later by a tenth of the pause, as chance has it', async () => {
    deps.receivers.answer = () => 500;
    const pauses: number[] = [];
    for (const [fraction, subject] of [
      [0, 'early'],
      [0.999_999, 'late'],
    ] as const) {
      deps.random.nextFraction = fraction;
      await makeWebhook(deps, occasion(subject));
      const id = [...deps.webhooks.webhooks.all.keys()].at(-1) ?? '';
      await deliverWebhook(deps, id);
      deps.clock.advanceSeconds(60);
      const before = deps.clock.nowMs();
      const row = await deliverWebhook(deps, id);
      pauses.push(((row?.tryAtMs ?? 0) - before) / 1_000);
    }
    expect(pauses.map(Math.round)).toEqual([270, 330]);
  });

  it('is written down once, however often it is said [A9]', async () => {
    await makeWebhook(deps, occasion());
    await pass(1);
    await makeWebhook(deps, occasion());
    await pass(1);
    expect(only().status).toBe('delivered');
    expect(deps.receivers.postings).toHaveLength(1);
  });

  it('is tried once by many who find it due at the same time', async () => {
    await makeWebhook(deps, occasion());
    const { id } = only();
    await Promise.all(Array.from({ length: 20 }, () => deliverWebhook(deps, id)));
    expect(deps.receivers.postings).toHaveLength(1);
  });

  it('whose function dies over it is tried again, and no more than ten times', async () => {
    await makeWebhook(deps, occasion());
    deps.receivers.answer = () => {
      throw new Error('the function is gone');
    };
    for (let count = 0; count < 15; count++) {
      for (const id of deps.webhooks.due(deps.clock.nowMs()))
        await deliverWebhook(deps, id).catch(() => undefined);
      deps.clock.advanceSeconds(61);
    }
    expect(deps.receivers.postings).toHaveLength(10);
    expect(only()).toMatchObject({ status: 'dead', tries: 10 });
  });

  it.each([301, 302, 307, 308])(
    'answered with the redirect %i counts as failed and is not followed',
    async (status) => {
      deps.receivers.answer = () => status;
      await makeWebhook(deps, occasion());
      await pass(0.05);
      expect(only()).toMatchObject({ status: 'pending', lastStatus: status });
      expect(only().reason).toContain('redirects are not followed');
      expect(deps.receivers.postings.every((posting) => posting.url === url)).toBe(true);
    },
  );

  it('to an address that leads to a private place is given up at once and says so', async () => {
    deps.receivers.answer = () =>
      new AppError('forbidden', 'hooks.example.com is at 10.0.0.1, which is not a public address.');
    await makeWebhook(deps, occasion());
    await pass(1);
    expect(deps.receivers.postings).toHaveLength(1);
    expect(only()).toMatchObject({ status: 'dead', reason: expect.stringContaining('10.0.0.1') });
  });
});

describe('an address that answers 410', () => {
  beforeEach(async () => {
    deps.receivers.answer = () => 410;
    await makeWebhook(deps, occasion());
    await pass(0.1);
  });

  it('gets nothing more of that project, and others go on [A9]', async () => {
    expect(only()).toMatchObject({ status: 'dead', tries: 1, lastStatus: 410 });
    deps.receivers.answer = () => 200;
    await makeWebhook(deps, occasion('job-2'));
    await makeWebhook(deps, occasion('job-3', `${url}/other`));
    await makeWebhook(deps, occasion('job-4', url, 'garden'));
    await pass(1);
    expect(deps.receivers.postings.map(({ body }) => JSON.parse(body).data.id)).toEqual([
      'job-1',
      'job-3',
      'job-4',
    ]);
    const second = [...deps.webhooks.webhooks.all.values()].find(({ subject }) => subject === 'job-2');
    expect(second).toMatchObject({ status: 'dead', reason: 'the address has said that it is gone' });
  });

  it('is used again when somebody replays a webhook to it', async () => {
    deps.receivers.answer = () => 200;
    await replayWebhook(deps, everyone, only().id);
    await makeWebhook(deps, occasion('job-2'));
    await pass(1);
    expect([...deps.webhooks.webhooks.all.values()].map(({ status }) => status)).toEqual([
      'delivered',
      'delivered',
    ]);
  });
});

describe('the signing secret of a project', () => {
  it('is followed by a new one, and both sign for a week [A9]', async () => {
    const [old] = await secretsNow();
    const { secrets } = await rotateSecret(deps, everyone, 'shop');
    expect(secrets.map(({ version }) => version)).toEqual([2, 1]);
    expect(secrets[1]?.secret).toBe(old);
    await makeWebhook(deps, occasion());
    await pass(0.02);
    const [{ headers, body } = { headers: {}, body: '' }] = deps.receivers.postings;
    const at = Number((headers as Record<string, string>)['webhook-timestamp']);
    for (const { secret } of secrets) expect(verify(body, headers, [secret], at).ok).toBe(true);

    deps.clock.advanceSeconds(7 * 24 * hourSeconds);
    expect(await secretsNow()).toEqual([secrets[0]?.secret]);
    await makeWebhook(deps, occasion('job-2'));
    await pass(0.02);
    const later = deps.receivers.postings[1];
    expect(later?.headers['webhook-signature']?.split(' ')).toHaveLength(1);
  });

  it('is gone at once after a second rotation', async () => {
    const [old] = await secretsNow();
    await rotateSecret(deps, everyone, 'shop');
    await rotateSecret(deps, everyone, 'shop');
    expect(await secretsNow()).not.toContain(old);
  });

  it('differs from project to project', async () => {
    const garden = await readSecrets(deps, everyone, 'garden');
    expect(await secretsNow()).not.toEqual(garden.secrets.map(({ secret }) => secret));
  });

  it('is shown to approvers of the project only, and to nobody else in any log [D4]', async () => {
    const guest = callerOf('shop');
    await expect(readSecrets(deps, guest, 'shop')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(rotateSecret(deps, guest, 'shop')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(readSecrets(deps, { ...guest, approver: true }, 'garden')).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(readSecrets(deps, everyone, '../shop')).rejects.toMatchObject({ code: 'not_found' });
    await makeWebhook(deps, occasion());
    await pass(0.02);
    const [secret = ''] = await secretsNow();
    const said = JSON.stringify(deps.log.lines);
    for (const part of [secret, atob(secret.slice('whsec_'.length)), 'a master'])
      expect(said).not.toContain(part);
  });
});

describe('somebody else’s webhook', () => {
  it('does not exist for a caller without its project', async () => {
    await makeWebhook(deps, occasion());
    await expect(replayWebhook(deps, callerOf('garden'), only().id)).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(replayWebhook(deps, everyone, 'job-1')).rejects.toMatchObject({ code: 'not_found' });
  });
});
