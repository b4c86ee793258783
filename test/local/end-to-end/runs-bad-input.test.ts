import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TeamDocument } from '../../../lib/contracts/team.ts';
import { loadWorkshop, type RunBed, startRunBed } from './run-bed.ts';
import { tell } from './stories.ts';

let bed: RunBed;
let workshop: TeamDocument;
beforeAll(async () => {
  bed = await startRunBed({
    modelRules: tell([{ name: 'once', speakFault: { kind: 'hang', afterDeltas: 0 }, cycles: [] }]),
  });
  workshop = await loadWorkshop();
}, 130_000);
afterAll(() => bed?.close(), 20_000);

const good = { team: 'workshop', objective: 'Reach something.', project: 'untouched' };
const hex = 'a'.repeat(64);

test.each([
  ['an unknown team', { team: 'nobody' }, 404, 'not_found', /no team "nobody"; there are: .*workshop/],
  [
    'a team on machines that workers in AWS do not reach',
    { team: 'distributed' },
    400,
    'not_supported_yet',
    /server of your own/,
  ],
  ['a name that is none', { team: '../workshop' }, 400, 'invalid_request', /team/],
  [
    'an objective of 100 KB',
    { objective: 'x'.repeat(102_400) },
    413,
    'payload_too_large',
    /objective.*20000/,
  ],
  ['no objective', { objective: undefined }, 400, 'invalid_request', /no "objective"/],
  [
    'an objective and a workflow',
    { workflow: { id: 'a' } },
    400,
    'invalid_request',
    /"objective" and "workflow"/,
  ],
  [
    'fewer approvals than the team wants',
    { approvals: { plan: false } },
    400,
    'invalid_request',
    /approvals/,
  ],
  ['no cycle', { maxCycles: 0 }, 400, 'invalid_request', /maxCycles/],
  ['no money', { budgetUsd: 0 }, 400, 'invalid_request', /budgetUsd/],
  ['a rhythm that is too fast', { cadence: { everySeconds: 1 } }, 400, 'invalid_request', /everySeconds/],
  ['a field that there is none of', { speed: 'fast' }, 400, 'invalid_request', /speed/],
  [
    'files that were not uploaded',
    { workspace: { sha256: hex, bytes: 7 } },
    400,
    'invalid_request',
    /not uploaded/,
  ],
  [
    'lessons of a run that there is none of',
    { learnsFrom: ['run-0123456789abcdef'] },
    404,
    'not_found',
    /learnsFrom/,
  ],
])('a run with %s is refused, and nothing begins', async (_, more, status, code, detail) => {
  const reply = await bed.call<{ detail: string }>('POST', '/runs', { ...good, ...more });
  expect(reply).toMatchObject({ status, body: { code } });
  expect(reply.text.replaceAll('\\"', '"')).toMatch(detail);
  const { body } = await bed.call<{ items: object[] }>('GET', '/runs?project=untouched');
  expect(body.items).toEqual([]);
  expect(await bed.objectKeys('projects/untouched/')).toEqual([]);
});

test('a team with faults is refused with all of them, and is not kept', async () => {
  const { team, prompts } = workshop;
  const [planner, builder, writer, inspector] = team.agents;
  const faulty = {
    v: 1,
    team: {
      ...team,
      name: 'faulty',
      agents: [
        { ...planner, model: 'gpt-0' },
        { ...builder, owns: ['build', 'publish', 'write'] },
        { ...writer, owns: ['write', 'paint'] },
        inspector,
      ],
      review: { members: ['builder'], coordinator: 'somebody' },
    },
    prompts: { ...prompts, writer: 'You are {{agent.name}}.' },
  };
  const reply = await bed.call<{ faults: { path: string }[] }>('PUT', '/teams/faulty', faulty);
  expect(reply).toMatchObject({
    status: 422,
    body: { code: 'team_invalid', remedy: expect.stringContaining('muster team check') },
  });
  for (const words of [
    'gpt-0',
    'paint',
    'has 2 owners',
    'somebody',
    'would review its own work',
    'agent.name',
  ])
    expect(reply.text).toContain(words);
  expect(reply.body.faults.length).toBeGreaterThanOrEqual(6);
  expect((await bed.call('GET', '/teams/faulty')).status).toBe(404);
});

test('a team under another name than its own is refused', async () => {
  const reply = await bed.call('PUT', '/teams/shop', workshop);
  expect(reply).toMatchObject({ status: 400, body: { detail: expect.stringContaining('"workshop"') } });
});

test('the same run under one key is one run, and another under it is refused', async () => {
  const request = { team: 'workshop', objective: 'Story once: wait.', project: 'once' };
  const send = (more: object = {}) =>
    bed.call<{ id: string }>(
      'POST',
      '/runs',
      { ...request, ...more },
      { headers: { 'idempotency-key': 'k' } },
    );
  const [first, second] = [await send(), await send()];
  expect([first.status, second.status]).toEqual([201, 200]);
  expect(second.body.id).toBe(first.body.id);
  expect(await send({ maxCycles: 2 })).toMatchObject({
    status: 422,
    body: { code: 'idempotency_key_reused' },
  });
  await bed.stop(first.body.id);
  await bed.ended(first.body.id);
}, 130_000);

test.each([
  '/runs/run-0123456789abcdef',
  '/runs/nonsense',
  '/approvals/run-0123456789abcdef-c1-plan',
  '/teams/none',
])('%s is not there, and says so', async (path) => {
  expect(await bed.call('GET', path)).toMatchObject({ status: 404, body: { code: 'not_found' } });
});
