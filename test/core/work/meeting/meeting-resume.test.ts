import { expect, test } from '@jest/globals';
import { transcriptSegment } from '#contracts/transcript.ts';
import { type WorkPoint, workPoints } from '#core/ports/worker.ts';
import { faultsOf, type RanAttempt, resultOf, runAgentAttempt } from '../../../fakes/agent-attempt.ts';
import { HastyTime } from '../../../fakes/worker-time.ts';
import { askedOf, callMeeting, close, ids, scriptOf, speak, textsOf } from './meeting-cloud.ts';

/** With repairs of a statement and of the plan, with words alone, and with a member that is not heard at first. */
const script = scriptOf(({ member, round, tries }) => {
  if (member === 'critic' && round === 1 && tries === 0) return speak({ objections: [] });
  if (member === 'data_analyst' && round === 1) return { text: 'Hm.' };
  if (member === 'cotrr' && round === 2 && tries === 0) return { text: 'Yes.' };
  return round === 0 && tries === 0 ? close({ actions: [] }) : undefined;
});

async function live(dieAt?: { point: WorkPoint; after: number }) {
  const { cloud, id } = await callMeeting();
  const first = await runAgentAttempt(cloud, id, { script, ...(dieAt && { dieAt }) });
  return { cloud, id, first };
}

const whole = await live();
const wholeResult = await resultOf(whole.cloud, whole.id);
const deaths = workPoints.flatMap((point) =>
  whole.first.points.filter((one) => one === point).map((_, after) => ({ point, after })),
);

test('a meeting without a crash passes the points of its turns', () => {
  expect(new Set(whole.first.points)).toEqual(new Set(['turn.reserved', 'turn.answered', 'result.stored']));
  expect(whole.first.requests).toHaveLength(19);
  expect(wholeResult).toMatchObject({ silent: [{ agent: 'data_analyst', round: 1 }], votes: { length: 6 } });
});

function keyOf(request: RanAttempt['requests'][number]): string {
  const { member, round, tries } = askedOf(request);
  return `${member}/${round}/${tries}`;
}

test.each(deaths)('a meeting whose worker dies at $point (after $after) goes on [B1]', async (dieAt) => {
  const { cloud, id, first } = await live(dieAt);
  expect(first.ending).toBe('died');
  const second = await runAgentAttempt(cloud, id, { script });
  const row = await cloud.row(id);
  expect(row).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
  expect({ ...(await resultOf(cloud, id)), costUsd: wholeResult.costUsd }).toEqual(wholeResult);

  // No statement is asked for twice but those that were under way.
  const before = first.requests.map(keyOf);
  const again = second.requests.map(keyOf).filter((key) => before.includes(key));
  const underWay = new Set(again.map((key) => key.split('/')[1]));
  expect(again.length).toBeLessThanOrEqual(6);
  expect(underWay.size).toBeLessThanOrEqual(1);
  // Nor is any other paid for twice.
  const ledger = await cloud.deps.ledger.entries(id);
  const turns = ledger.map(({ key }) => key.split('/').slice(1).join('/'));
  expect(turns.length - new Set(turns).size).toBeLessThanOrEqual(again.length);

  const requests = [...first.requests, ...second.requests];
  expect(requests.flatMap(({ messages }) => faultsOf(messages))).toEqual([]);
  // Only what a turn was answered with can differ: what was recorded never changes.
  for (const member of ids) {
    const texts = await cloud.segments(id, member.replaceAll('_', '-'));
    const entries = texts.flatMap((text) => transcriptSegment.parse(JSON.parse(text)).entries);
    const heads = entries.filter(({ kind }) => kind === 'head');
    expect(heads).toHaveLength(1);
    const questions = entries.filter(
      (entry) => entry.kind === 'message' && JSON.stringify(entry.message.content).includes('"text":"# '),
    );
    expect(questions).toHaveLength(member === 'moderator' ? 3 : 2);
  }
});

test('a slice that is nearly over ends between two turns, and the next one goes on [B1]', async () => {
  const { cloud, id } = await callMeeting();
  const slices: RanAttempt[] = [];
  for (let slice = 0; slice < 12 && (await cloud.row(id)).status !== 'SUCCEEDED'; slice++) {
    const time = new HastyTime();
    slices.push(await runAgentAttempt(cloud, id, { script, ports: { time, sliceRemainingMs: () => 500 } }));
  }
  expect(slices.length).toBeGreaterThan(2);
  const keys = slices.flatMap(({ requests }) => requests.map(keyOf));
  expect(keys).toHaveLength(19);
  expect(new Set(keys).size).toBe(19);
  expect(await cloud.row(id)).toMatchObject({
    status: 'SUCCEEDED',
    failures: 0,
    interruptions: slices.length - 1,
    reservations: [],
  });
  expect(await resultOf(cloud, id)).toEqual(wholeResult);
});

test('a worker that is told to stop gives the meeting back, and what was said is kept', async () => {
  const { cloud, id } = await callMeeting();
  let stop: () => void = () => undefined;
  const first = await runAgentAttempt(cloud, id, {
    script: scriptOf(({ round }) => {
      if (round === 2) stop();
      return undefined;
    }),
    onStop: (request) => {
      stop = request;
    },
  });
  expect(first.ending).toMatchObject({ kind: 'reported', outcome: 'interrupted' });
  const second = await runAgentAttempt(cloud, id, { script: scriptOf() });
  expect(second.requests.map((request) => askedOf(request).round)).not.toContain(1);
  expect(textsOf(second.requests[0] as never)).toContain('critic in round 1.');
  expect(await cloud.row(id)).toMatchObject({ status: 'SUCCEEDED', failures: 0, interruptions: 1 });
});
