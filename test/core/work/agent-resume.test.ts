import { expect, test } from '@jest/globals';
import { transcriptSegment } from '#contracts/transcript.ts';
import { type WorkPoint, workPoints } from '#core/ports/worker.ts';
import { Transcript } from '#core/work/transcript.ts';
import {
  agentBody,
  faultsOf,
  keys,
  type RanAttempt,
  resultOf,
  runAgentAttempt,
  type Script,
  submitCall,
} from '../../fakes/agent-attempt.ts';
import { MemorySandbox } from '../../fakes/memory-sandbox.ts';
import { makeWorkerCloud, type WorkerCloud } from '../../fakes/worker-cloud.ts';

const bash = (command: string) => ({ name: 'bash', input: { command } });
const write = (path: string, content: string) => ({ name: 'write_file', input: { path, content } });
const read = (path: string) => ({ name: 'read_file', input: { path } });

/** Every kind of turn: repeatable calls together, one that is not, a mixture, words alone, and the end. */
const script: Script = (turn) => {
  if (turn === 1) return { text: 'I write.', calls: [write('a', '1'), write('b', '2')] };
  if (turn === 2) return { calls: [bash('one')] };
  if (turn === 3) return { calls: [bash('two'), read('a'), bash('three')] };
  if (turn === 4) return { text: 'It is done.' };
  return { calls: [submitCall, bash('four')] };
};

/** Programs that have an effect outside, and one in the workspace. */
function makeBox(effects: string[]): MemorySandbox {
  const sandbox = new MemorySandbox();
  sandbox.outcome = (request) => {
    const command = 'command' in request ? request.command : '';
    effects.push(command);
    sandbox.files.set('log', Buffer.from(`${sandbox.files.get('log') ?? ''}${command};`));
    return { output: `ran ${command}` };
  };
  return sandbox;
}

interface Story {
  cloud: WorkerCloud;
  id: string;
  effects: string[];
  attempts: RanAttempt[];
  boxes: MemorySandbox[];
}

async function live(dieAt?: { point: WorkPoint; after: number }): Promise<Story> {
  const cloud = makeWorkerCloud({ keys });
  const { id } = await cloud.submit(agentBody());
  const story: Story = { cloud, id, effects: [], attempts: [], boxes: [] };
  await goOn(story, dieAt);
  return story;
}

async function goOn(story: Story, dieAt?: { point: WorkPoint; after: number }): Promise<void> {
  const sandbox = makeBox(story.effects);
  story.boxes.push(sandbox);
  const options = { script, sandbox, ...(dieAt && { dieAt }) };
  story.attempts.push(await runAgentAttempt(story.cloud, story.id, options));
}

const whole = await live();
const pointsOfWhole = whole.attempts[0]?.points ?? [];
const deaths = workPoints.flatMap((point) =>
  pointsOfWhole.filter((one) => one === point).map((_, after) => ({ point, after })),
);

test('an attempt without a crash passes every point', () => {
  expect(new Set(pointsOfWhole)).toEqual(new Set(workPoints));
  expect(whole.effects).toEqual(['one', 'two', 'three', 'four']);
});

test.each(deaths)('a worker that dies at $point (after $after) is taken over', async (dieAt) => {
  const story = await live(dieAt);
  expect(story.attempts[0]?.ending).toBe('died');
  await goOn(story);
  const { cloud, id, effects, attempts } = story;
  expect(await cloud.row(id)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
  expect(await resultOf(cloud, id)).toMatchObject({ summary: 'Done.', turns: 5 });

  // What has an effect outside has it once, or its outcome is unknown.
  expect(new Set(effects).size).toBe(effects.length);
  const requests = attempts.flatMap((attempt) => attempt.requests);
  expect(requests.flatMap(({ messages }) => faultsOf(messages))).toEqual([]);

  // The workspace is as the transcript says.
  const answered = new Transcript(await entriesOf(cloud, id)).answered();
  const ran = answered.filter(({ call, result }) => call.name === 'bash' && !result.block.isError);
  const log = String(story.boxes.at(-1)?.files.get('log') ?? '');
  for (const { call } of ran) expect(log).toContain((call.input as { command: string }).command);

  // No turn is paid twice but the one that was under way.
  const ledger = await cloud.deps.ledger.entries(id);
  const turns = ledger.map(({ key }) => key.split('/')[2]);
  expect(new Set(turns).size).toBe(turns.length);
  const asked = requests.map(({ messages }) => messages.filter(({ role }) => role === 'assistant').length);
  const twice = asked.filter((turn, index) => asked.indexOf(turn) !== index);
  const inFlight = dieAt.point === 'turn.reserved' || dieAt.point === 'turn.answered';
  expect(twice.length).toBeLessThanOrEqual(inFlight || isEarly(dieAt) ? 1 : 0);
});

/** Tools that can be repeated start while their turn is still being recorded. */
function isEarly({ point }: { point: WorkPoint }): boolean {
  return point === 'tool.started' || point === 'tool.ended';
}

async function entriesOf(cloud: WorkerCloud, id: string) {
  const segments = await cloud.segments(id);
  return segments.flatMap((text) => transcriptSegment.parse(JSON.parse(text)).entries);
}

test('cut at every segment, the transcript gives a valid request that begins as the one before', async () => {
  const segments = await whole.cloud.segments(whole.id);
  expect(segments.length).toBeGreaterThan(8);
  let before = '[';
  for (let count = 1; count <= segments.length; count++) {
    const entries = segments
      .slice(0, count)
      .flatMap((text) => transcriptSegment.parse(JSON.parse(text)).entries);
    const transcript = new Transcript(entries);
    const messages = JSON.stringify(transcript.messages());
    expect(messages.startsWith(before.slice(0, -1))).toBe(true);
    before = messages;
    if (transcript.tail().kind === 'ask') expect(faultsOf(transcript.messages())).toEqual([]);
  }
});

test('a segment that was changed is not believed', async () => {
  const story = await live({ point: 'turn.recorded', after: 1 });
  const { objects } = story.cloud.deps;
  const key = [...objects.stored.keys()].find((one) => one.includes('/transcript/main/000002'));
  await objects.put(key ?? '', String(await objects.get(key ?? '')).replace('I write.', 'I wrote.'));
  await goOn(story);
  const row = await story.cloud.row(story.id);
  expect(row).toMatchObject({
    status: 'FAILED',
    error: { message: expect.stringMatching(/not what was recorded/) },
  });
});

test('a worker that is told to stop records what its tools have done and gives the job back', async () => {
  const cloud = makeWorkerCloud({ keys });
  const { id } = await cloud.submit(agentBody());
  const effects: string[] = [];
  const sandbox = makeBox(effects);
  const { outcome } = sandbox;
  let stop: (() => void) | undefined;
  sandbox.outcome = (request) => {
    if (effects.length === 1) stop?.();
    return outcome(request);
  };
  const script2: Script = (turn) =>
    turn === 1 ? { calls: [bash('one'), bash('two')] } : { calls: [submitCall] };
  const worker = await runAgentAttempt(cloud, id, {
    script: script2,
    sandbox,
    onStop: (request) => {
      stop = request;
    },
  });
  expect(worker.ending).toMatchObject({ kind: 'reported', outcome: 'interrupted' });
  expect(await cloud.row(id)).toMatchObject({
    status: 'QUEUED',
    interruptions: 1,
    failures: 0,
    reservations: [],
  });

  const second = makeBox(effects);
  const resumed = await runAgentAttempt(cloud, id, { script: script2, sandbox: second });
  expect(effects).toEqual(['one', 'two']);
  expect(resumed.requests[0]?.messages.at(-1)).toMatchObject({
    content: [
      { toolUseId: 't1-1', isError: false, content: expect.stringMatching(/ran one/) },
      { toolUseId: 't1-2', isError: true, content: expect.stringMatching(/Outcome unknown/) },
    ],
  });
  expect(String(second.files.get('log'))).toBe('one;two;');
  expect(await cloud.row(id)).toMatchObject({ status: 'SUCCEEDED' });
});

test('a slice that is nearly over ends between two turns, and the next one goes on', async () => {
  const cloud = makeWorkerCloud({ keys });
  const { id } = await cloud.submit(agentBody({ tools: ['http_get'] }));
  const egress = {
    get: async () => ({
      url: 'https://a.b/',
      status: 200,
      contentType: 'text/plain',
      body: Buffer.from('hi'),
      cut: false,
    }),
  };
  const fetch = { name: 'http_get', input: { url: 'https://a.b/' } };
  const sliced: Script = (turn) => ({ calls: [turn === 3 ? submitCall : fetch] });
  const slices: RanAttempt[] = [];
  for (let slice = 0; slice < 3; slice++) {
    let asked = 0;
    const sliceRemainingMs = () => (asked++ === 0 ? 60_000 : 500);
    slices.push(await runAgentAttempt(cloud, id, { script: sliced, ports: { egress, sliceRemainingMs } }));
  }
  expect(slices.map(({ requests }) => requests.length)).toEqual([1, 1, 1]);
  expect(await cloud.row(id)).toMatchObject({
    status: 'SUCCEEDED',
    attempt: 3,
    failures: 0,
    interruptions: 2,
  });
  expect(await resultOf(cloud, id)).toMatchObject({ turns: 3, files: [] });
});

test('what an attempt said that had lost its job is in no transcript', async () => {
  const story = await live({ point: 'turn.recorded', after: 0 });
  const { cloud, id } = story;
  const zombie = story.attempts[0];
  const recorded = (await cloud.segments(id)).length;
  const last = cloud.calls.findLast(({ name }) => name === 'turn')?.request;
  await cloud.assign(id);
  const record = { conversation: 'main', segment: recorded + 1, body: '{}' };
  await expect(
    cloud.control.turn({ ...(last as never as object), record } as never, new AbortController().signal),
  ).rejects.toMatchObject({
    code: 'stale_attempt',
  });
  expect(zombie?.ending).toBe('died');
  expect(await cloud.segments(id)).toHaveLength(recorded);
});
