import { expect, it } from '@jest/globals';
import type { JobRow } from '#contracts/job-row.ts';
import { defaultTimings } from '#contracts/limits.ts';
import type { AuditSnapshot } from '#core/audit/audit-snapshot.ts';
import { checkTranscripts } from '#core/audit/check-transcript.ts';
import { agentBody, keys, runAgentAttempt, type Script, submitCall } from '../../fakes/agent-attempt.ts';
import { MemorySandbox } from '../../fakes/memory-sandbox.ts';
import { makeWorkerCloud, sha256 } from '../../fakes/worker-cloud.ts';

const script: Script = (turn) => ({
  calls: turn < 3 ? [{ name: 'bash', input: { command: `program ${turn}` } }] : [submitCall],
});

/** An agent that died twice and was taken over: everything about it agrees. */
async function live() {
  const cloud = makeWorkerCloud({ keys });
  const { id } = await cloud.submit(agentBody());
  const deaths = [
    { point: 'turn.recorded' as const, after: 1 },
    { point: 'turn.reserved' as const, after: 0 },
  ];
  for (const dieAt of deaths) await runAgentAttempt(cloud, id, { script, sandbox: makeBox(), dieAt });
  await runAgentAttempt(cloud, id, { script, sandbox: makeBox() });
  const stored = [...cloud.deps.objects.stored];
  return {
    row: await cloud.row(id),
    ledger: await cloud.deps.ledger.entries(id),
    texts: new Map(stored.map(([key, body]) => [key, String(body)])),
    results: new Map(stored.map(([key, body]) => [key, { bytes: body.length, sha256: sha256(body) }])),
  };
}

function makeBox(): MemorySandbox {
  const box = new MemorySandbox();
  box.outcome = (request) => {
    box.files.set('log', Buffer.from(`${box.files.get('log') ?? ''}${JSON.stringify(request)}`));
    return {};
  };
  return box;
}

const sound = await live();
type Sound = typeof sound;

function found({ row, ledger, texts, results }: Sound): string[] {
  const snapshot: AuditSnapshot = {
    nowMs: 0,
    rows: [row],
    slots: { fargate: { held: [], stopped: undefined }, function: { held: [], stopped: undefined } },
    ledger,
    months: [],
    results,
    texts: { of: texts, sha256 },
    timings: defaultTimings,
    maxConcurrentWorkers: 1,
    maxConcurrentFunctions: 1,
    projectMonthMicroUsd: 1,
  };
  return checkTranscripts(snapshot).map(({ invariant, message }) => `${invariant}: ${message}`);
}

const keyOf = (part: string) => [...sound.texts.keys()].find((key) => key.includes(part)) ?? '';
const withText = (part: string, change: (text: string) => string): Sound => {
  const key = keyOf(part);
  return { ...sound, texts: new Map(sound.texts).set(key, change(sound.texts.get(key) ?? '')) };
};
const withRow = (changes: Partial<JobRow>): Sound => ({ ...sound, row: { ...sound.row, ...changes } });

it('finds nothing where transcript, ledger, workspace and result agree', () => {
  expect(sound.row).toMatchObject({ status: 'SUCCEEDED', attempt: 3 });
  expect(sound.row.checkpoint?.conversations.main?.length).toBeGreaterThan(1);
  expect(found(sound)).toEqual([]);
});

const lost: Sound = {
  ...sound,
  texts: new Map([...sound.texts].filter(([key]) => !key.includes('/000002-'))),
};
const [firstRange, ...laterRanges] = sound.row.checkpoint?.conversations.main ?? [];
const turned = { ...sound.row.checkpoint, conversations: { main: [...laterRanges, firstRange] } };
const twice = sound.ledger.map((entry) => ({ ...entry, key: entry.key.replace(/^1/, '3') }));

it.each<[string, Sound, string]>([
  ['a segment that is gone', lost, 'transcript: "main" has no segment 2 that can be read'],
  [
    'a segment that was changed',
    withText('/000001-', (text) => text.replace('Do it.', 'Do not.')),
    'transcript: "main" is not what was recorded up to segment',
  ],
  [
    'attempts that write by turns',
    withRow({ checkpoint: turned as JobRow['checkpoint'] }),
    'transcript: "main" goes from attempt',
  ],
  ['a workspace that is gone', { ...sound, results: new Map() }, 'transcript: has no workspace'],
  [
    'a turn that nobody has paid',
    { ...sound, ledger: [] },
    'paid once: has recorded 1/main/1, which is neither',
  ],
  [
    'a turn that was paid again',
    { ...sound, ledger: [...sound.ledger, ...twice] },
    'paid once: has paid for 1 in attempt 3, although an earlier one had recorded it',
  ],
  [
    'a result that tells of other turns',
    withText('/result.json', (text) => text.replace('"turns":3', '"turns":2')),
    'result: has 2 turns, and its transcript 3',
  ],
  [
    'a result that nobody has handed in',
    withText('/result.json', (text) => text.replace('Done.', 'All done.')),
    'result: says something else than what was handed in',
  ],
])('finds %s', (_, broken, message) => {
  expect(found(broken).join('\n')).toContain(message);
});
