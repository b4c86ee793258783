import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GateRow, GateView } from '../../../lib/contracts/gate.ts';
import type { RunView } from '../../../lib/contracts/run-view.ts';
import { workerEnvironment } from '../../../lib/contracts/worker-environment.ts';
import { until } from './client.ts';
import {
  briskSettings,
  type CloudProcess,
  makePlace,
  type Place,
  putProviderKey,
  spawnCloud,
} from './harness.ts';
import { workersOf } from './processes.ts';
import { loadWorkshop, makeRunClient, type RunClient } from './run-bed.ts';
import { tell } from './stories.ts';

/** A person measures, and what they hand in is published, if somebody agrees. */
const modelRules = tell([
  {
    name: 'patience',
    cycles: [
      {
        actions: [
          { id: 1, owner: 'keeper', kind: 'measure', priority: 'high' },
          {
            id: 2,
            owner: 'builder',
            kind: 'publish',
            dependsOn: [1],
            // It also changes what it was given.
            bash: ['cd handed-in/1/deep; cat measured.txt > ../../../published.txt; echo 99 > measured.txt'],
            checks: [{ tool: 'file_says', args: { path: 'published.txt', text: '17 metres' } }],
          },
        ],
      },
    ],
  },
]);
const approvals = { plan: true, release: true, kinds: ['publish'] };

let place: Place;
let folder: string;
let cloud: CloudProcess;
let runs: RunClient;

async function begin(): Promise<void> {
  cloud = await spawnCloud(place, { modelRules, taskEnvironment: { [workerEnvironment.unsandboxed]: '1' } });
  await putProviderKey(cloud, cloud.at);
  runs = makeRunClient(cloud);
}

/** Nothing of what the cloud had in memory survives. */
async function killAndBegin(): Promise<void> {
  expect(await cloud.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
  await begin();
}

async function hasNoWorker(): Promise<void> {
  await until('all workers are gone', () => workersOf(place.dataDir).length === 0 || undefined);
}

interface Announcement {
  subject: string;
  message: string;
}

function announcements(): Announcement[] {
  const sns = join(place.dataDir, 'sns');
  const lines = readdirSync(sns).flatMap((name) => readFileSync(join(sns, name), 'utf8').split('\n'));
  return lines.filter(Boolean).map((line) => JSON.parse(line) as Announcement);
}

async function announced(gate: GateView): Promise<Announcement> {
  return until(`${gate.id} is announced`, () =>
    announcements().find(({ message }) => message.includes(`/approvals/${gate.id}"`)),
  );
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-handed-in-'));
  mkdirSync(join(folder, 'deep'));
  writeFileSync(join(folder, 'deep/measured.txt'), 'The river is 17 metres wide.\n');
  place = await makePlace(briskSettings);
  await begin();
  await runs.putTeam(await loadWorkshop());
}, 130_000);
afterAll(async () => {
  await cloud?.end('SIGTERM');
  place?.remove();
  rmSync(folder, { recursive: true, force: true });
}, 20_000);

describe('a run that waits for people, on a cloud that is killed each time', () => {
  let id: string;
  let run: RunView;

  async function waitsAcrossAKill(ending: string): Promise<GateView> {
    const gate = await runs.waitsFor(id, ending);
    await announced(gate);
    await hasNoWorker();
    await killAndBegin();
    expect(await runs.run(id)).toMatchObject({ status: 'WAITING', waitsFor: [gate.id] });
    expect(workersOf(place.dataDir)).toEqual([]);
    return gate;
  }

  test('waits for the plan to be approved, with nothing running [B10] [C2]', async () => {
    ({ id } = await runs.story('patience', { approvals }));
    const gate = await waitsAcrossAKill('-plan');
    expect(gate).toMatchObject({
      kind: 'plan',
      status: 'PENDING',
      title: expect.stringContaining('2 actions'),
    });
    expect((await runs.run(id)).cycles[0]?.planSha256).toBe(gate.digest);
    expect(await runs.decide(gate, { comment: 'Go on.' })).toMatchObject({
      status: 'APPROVED',
      decidedBy: 'arn:aws:iam::000000000000:user/local',
    });
  }, 130_000);

  test('waits for what a person does, and takes their words and their files [C3]', async () => {
    const gate = await waitsAcrossAKill('-a1-r0-task');
    expect(gate).toMatchObject({ kind: 'task', person: 'keeper', action: 1 });
    const files = await runs.upload('patience', folder);
    const decided = await runs.decide(gate, { result: 'I have measured the river.', files });
    expect(decided).toMatchObject({ status: 'APPROVED', files, result: 'I have measured the river.' });
  }, 130_000);

  test('waits before it publishes, which is no action of its own to begin [C2]', async () => {
    const gate = await waitsAcrossAKill('-a2-r0-action');
    expect(gate).toMatchObject({ kind: 'action', action: 2 });
    expect((await runs.run(id)).cycles[0]?.actions).toMatchObject([
      {
        id: 1,
        status: 'DONE',
        reason: expect.stringContaining('done by arn:aws:iam::000000000000:user/local'),
      },
      { id: 2, status: 'WAITING', jobs: [] },
    ]);
    await runs.decide(gate);
  }, 130_000);

  test('waits for its release, and ends Done [B10] [C2]', async () => {
    const gate = await waitsAcrossAKill('-release');
    expect(gate).toMatchObject({ kind: 'release', summary: expect.stringContaining('2. DONE') });
    await runs.decide(gate);
    run = await runs.ended(id);
    expect(run).toMatchObject({ status: 'SUCCEEDED', outcome: 'Done', waitsFor: [] });
    await hasNoWorker();
  }, 130_000);

  test('has carried what the person handed in to the action that needed it, word and file [C3] [C4]', async () => {
    expect(await runs.workspace(id)).toEqual({
      'handed-in/1/deep/measured.txt': 'The river is 17 metres wide.\n',
      'published.txt': 'The river is 17 metres wide.\n',
    });
    const input = await cloud.object((await cloud.row(`${id}-c1-a2-r0-do`)).inputKey);
    expect(input).toContain('> I have measured the river.');
    expect(input).toContain('The files handed in with it are in handed-in/1/.');
    const { result } = await runs.json<{ result: { files: object[] } }>(id, 'cycles/1/execution/2.json');
    expect(result.files).toMatchObject([
      { path: 'handed-in/1/deep/measured.txt', change: 'modified' },
      { path: 'published.txt', change: 'added' },
    ]);
    const review = await runs.json<{ restored: string[] }>(id, 'cycles/1/review/2.json');
    expect(review.restored).toEqual(['handed-in/1/deep/measured.txt']);
  }, 130_000);

  test('has announced each wait, after a kill perhaps again in the same words, with all that a person needs, and without the token [C2]', async () => {
    const items = (await cloud.items()) as unknown as GateRow[];
    const gates = items.filter(
      (item) => item.run === id && item.digest !== undefined && item.kind !== undefined,
    );
    expect(gates).toHaveLength(4);
    expect(new Set(announcements().map(({ message }) => message)).size).toBe(4);
    const tokens = gates.map(({ token = '' }) => token);
    for (const gate of gates) {
      const { subject, message } = await announced(gate as unknown as GateView);
      expect(subject).toMatch(/^Muster: (a task for you|your decision): /);
      expect(message).toContain(`Digest of what you decide about: ${gate.digest}`);
      expect(message).toContain(`Until ${new Date(gate.expiresAtMs).toISOString()}. Then: `);
      expect(message).toMatch(/muster (approval approve|task complete) run-/);
      expect(message).toContain('With curl: curl --aws-sigv4 "aws:amz:$AWS_REGION:execute-api"');
      for (const token of tokens) expect(token.length > 20 && !message.includes(token)).toBe(true);
    }
    const shown = await runs.must<object>('GET', `/approvals/${gates[0]?.id}`);
    for (const token of tokens) expect(JSON.stringify(shown)).not.toContain(token);
  }, 130_000);
});
