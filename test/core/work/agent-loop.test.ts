import { expect, test } from '@jest/globals';
import { defaultModel } from '#contracts/model-prices.ts';
import {
  agentBody,
  faultsOf,
  keys,
  resultOf,
  runAgentAttempt,
  type Script,
  submitCall,
} from '../../fakes/agent-attempt.ts';
import { MemorySandbox } from '../../fakes/memory-sandbox.ts';
import { makeWorkerCloud } from '../../fakes/worker-cloud.ts';
import { FakeTime, settle } from '../../fakes/worker-time.ts';

async function run(
  script: Script,
  payload = {},
  more: Partial<Parameters<typeof runAgentAttempt>[2]> = {},
  body = {},
) {
  const cloud = makeWorkerCloud({ keys });
  const { id } = await cloud.submit(agentBody(payload, body));
  const ran = await runAgentAttempt(cloud, id, { script, ...more });
  const events = await cloud.deps.events.read(id, { attempt: 0, seq: 0 }, 500);
  return { cloud, id, ...ran, events, row: await cloud.row(id), result: await resultOf(cloud, id) };
}

const bash = (command: string) => ({ name: 'bash', input: { command } });
const write = (path: string, content = 'x') => ({ name: 'write_file', input: { path, content } });

test('an agent works until it hands in its result, which goes on with the money it cost [A4] [E3]', async () => {
  const script: Script = (turn) =>
    turn === 1 ? { text: 'I look.', calls: [bash('ls')] } : { calls: [submitCall] };
  const { row, result, requests } = await run(script);
  expect(row).toMatchObject({ status: 'SUCCEEDED', reservations: [], model: defaultModel });
  expect(result).toMatchObject({ summary: 'Done.', confidence: 0.8, turns: 2, limitations: [] });
  expect(result.evidence).toEqual([{ criterion: 'It works', check: 'ran it', output: 'ok' }]);
  expect(Math.round(result.costUsd * 1e6)).toBe(row.spentMicroUsd);
  expect(requests.map(({ messages }) => faultsOf(messages))).toEqual([[], []]);
});

test('a turn takes at most two calls of the control plane', async () => {
  const { cloud } = await run((turn) =>
    turn <= 5 ? { calls: [bash(`echo ${turn}`)] } : { calls: [submitCall] },
  );
  const turns = cloud.calls.filter(({ name }) => name === 'turn');
  expect(turns.length).toBeLessThanOrEqual(2 * 6);
});

test('requests only ever grow, with the same system text and the same sorted tools', async () => {
  const { requests } = await run((turn) =>
    turn <= 4 ? { calls: [write('b'), write('a')] } : { calls: [submitCall] },
  );
  for (const [index, request] of requests.entries()) {
    const next = requests[index + 1];
    if (!next) break;
    expect(JSON.stringify(next.messages.slice(0, request.messages.length))).toBe(
      JSON.stringify(request.messages),
    );
    expect([next.system, next.tools, next.cache]).toEqual([request.system, request.tools, 'agent']);
  }
  const names = requests[0]?.tools?.map(({ name }) => name) ?? [];
  expect(names).toEqual([...names].sort());
  expect(requests).toHaveLength(5);
});

test('calls that can be repeated run side by side, and their results keep the order of the calls', async () => {
  const sandbox = new MemorySandbox();
  let running = 0;
  let most = 0;
  sandbox.readFile = async (path) => {
    most = Math.max(most, ++running);
    await settle();
    if (path === 'a') await settle();
    running -= 1;
    return Buffer.from(path);
  };
  const read = (path: string) => ({ name: 'read_file', input: { path } });
  const { requests } = await run(
    (turn) => (turn === 1 ? { calls: [read('a'), read('b'), read('c')] } : { calls: [submitCall] }),
    {},
    { sandbox },
  );
  expect(most).toBe(3);
  expect(
    requests[1]?.messages.at(-1)?.content.map((block) => 'toolUseId' in block && block.toolUseId),
  ).toEqual(['t1-1', 't1-2', 't1-3']);
});

test('calls that cannot be repeated run one by one', async () => {
  const sandbox = new MemorySandbox();
  let running = 0;
  let most = 0;
  sandbox.outcome = async () => {
    most = Math.max(most, ++running);
    await settle();
    running -= 1;
    return {};
  };
  await run(
    (turn) => (turn === 1 ? { calls: [bash('1'), bash('2'), bash('3')] } : { calls: [submitCall] }),
    {},
    { sandbox },
  );
  expect(sandbox.runs).toHaveLength(3);
  expect(most).toBe(1);
});

test('a result is cut head and tail before it enters the transcript', async () => {
  const sandbox = new MemorySandbox();
  sandbox.outcome = () => ({ output: `head${'x'.repeat(200_000)}tail` });
  const { requests } = await run(
    (turn) => (turn === 1 ? { calls: [bash('1')] } : { calls: [submitCall] }),
    {},
    { sandbox },
  );
  const text = JSON.stringify(requests[1]?.messages.at(-1));
  expect(text.length).toBeLessThan(32_000);
  expect(text).toMatch(/head.*characters cut.*tail/);
});

test('an agent that ends without a result is reminded once, and then taken at its word', async () => {
  const { result, requests, row } = await run(() => ({ text: 'I am done.' }));
  expect(requests).toHaveLength(2);
  expect(requests[1]?.messages.at(-1)).toMatchObject({
    role: 'user',
    content: [{ text: expect.stringMatching(/submit_result/) }],
  });
  expect(row.status).toBe('SUCCEEDED');
  expect(result).toMatchObject({
    summary: 'I am done.',
    confidence: 0,
    limitations: ['The agent did not submit a result.'],
  });
});

test('a call in an answer that was cut off is answered and never run', async () => {
  const sandbox = new MemorySandbox();
  const { requests } = await run(
    (turn) => (turn === 1 ? { calls: [bash('rm -rf')], stopReason: 'max_tokens' } : { calls: [submitCall] }),
    {},
    { sandbox },
  );
  expect(sandbox.runs).toEqual([]);
  expect(requests[1]?.messages.at(-1)).toMatchObject({
    content: [{ isError: true, content: expect.stringMatching(/Nothing was run.*maxTokens/) }],
  });
});

test('words that were cut off are gone on with', async () => {
  const { requests } = await run((turn) =>
    turn === 1 ? { text: 'I beg', stopReason: 'max_tokens' } : { calls: [submitCall] },
  );
  expect(requests[1]?.messages.at(-1)).toMatchObject({
    role: 'user',
    content: [{ text: expect.stringMatching(/cut off/) }],
  });
});

test('a refusal ends the job, and no tool is run after it', async () => {
  const sandbox = new MemorySandbox();
  const { row } = await run(() => ({ calls: [bash('ls')], stopReason: 'refusal' }), {}, { sandbox });
  expect(row).toMatchObject({ status: 'FAILED', error: { code: 'provider_refused' }, reservations: [] });
  expect(row.spentMicroUsd).toBeGreaterThan(0);
  expect(sandbox.runs).toEqual([]);
});

test('a pause is answered by asking again with the same messages, five times at most', async () => {
  const { requests, row } = await run(() => ({ text: 'Hm.', stopReason: 'pause_turn' }));
  expect(requests).toHaveLength(6);
  expect(row.error).toMatchObject({ code: 'capped', message: expect.stringMatching(/pause/) });
});

test('a full context window is a cap', async () => {
  const { row, result } = await run(() => ({ text: 'So far.', stopReason: 'model_context_window_exceeded' }));
  expect(row.error).toMatchObject({ code: 'capped', message: expect.stringMatching(/context/) });
  expect(result.stopped.cap).toBe('context');
});

test('the cap on turns keeps the partial result and says how to raise it [A9]', async () => {
  const { row, result, cloud } = await run(
    (turn) => ({ text: `Step ${turn}.`, calls: [write(`f${turn}`)] }),
    { maxTurns: 3 },
  );
  expect(row).toMatchObject({
    status: 'FAILED',
    error: {
      code: 'capped',
      message: expect.stringMatching(/turns.*3/),
      remedy: expect.stringMatching(/maxTurns/),
    },
    result: { key: expect.any(String) },
  });
  expect(result).toMatchObject({ summary: 'Step 3.', confidence: 0, stopped: { cap: 'turns' }, turns: 3 });
  expect(
    [...cloud.deps.objects.stored.keys()].filter((key) => key.endsWith('artifacts/workspace.tar.zst')),
  ).toHaveLength(1);
});

test('three calls in a row that cannot be run are three strikes', async () => {
  const { row, result, requests } = await run((turn) =>
    turn === 1
      ? { calls: [{ name: 'no_such_tool', input: {} }] }
      : {
          calls: [
            turn === 2 ? { name: 'bash', input: { cmd: 'ls' } } : { ...bash('x'), invalid: 'It is no JSON.' },
          ],
        },
  );
  expect(requests).toHaveLength(3);
  expect(row.error?.code).toBe('capped');
  expect(result.stopped.cap).toBe('strikes');
});

test('a valid call between them takes strikes back', async () => {
  const bad = { name: 'bash', input: { cmd: 'ls' } };
  const { row } = await run((turn) =>
    turn === 6 ? { calls: [submitCall] } : { calls: [turn === 3 ? bash('ls') : bad] },
  );
  expect(row.status).toBe('SUCCEEDED');
});

test('the same call with the same failure three times in a row goes in circles', async () => {
  const sandbox = new MemorySandbox();
  let milliseconds = 0;
  sandbox.outcome = () => {
    milliseconds += 700;
    return { exitCode: 1, output: 'no', milliseconds };
  };
  const { row, result, requests } = await run(() => ({ calls: [bash('make')] }), {}, { sandbox });
  expect(requests).toHaveLength(3);
  expect(row.error?.code).toBe('capped');
  expect(result.stopped.cap).toBe('repetition');
});

test('the budget is a cap: what was done is kept, and all is settled [A9]', async () => {
  const usage = { inputTokens: 1_000, outputTokens: 15_000 };
  const { row, result, cloud } = await run(
    () => ({ text: 'On it.', calls: [bash('ls')], usage }),
    {},
    {},
    { budgetUsd: 0.5 },
  );
  expect(row).toMatchObject({
    status: 'FAILED',
    error: { code: 'capped', remedy: expect.stringMatching(/budgetUsd/) },
    reservations: [],
  });
  expect(row.spentMicroUsd).toBeLessThanOrEqual(500_000);
  expect(result.stopped.cap).toBe('budget');
  // What came with the refused reservation was settled then, and is not said again.
  expect(cloud.calls.find(({ name }) => name === 'finish')?.request.settle).toBeUndefined();
  expect(result.turns).toBeGreaterThan(0);
});

test.each([
  ['idle', { idleSeconds: 60 }, 61_000],
  ['time', { idleSeconds: 7_200 }, 3_541_000],
])('a model that hangs meets the cap on %s time', async (cap, payload, passMs) => {
  const time = new FakeTime();
  const script: Script = (turn, _, { signal }) =>
    turn === 1
      ? { text: 'Off we go.', calls: [write('a')] }
      : new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const cloud = makeWorkerCloud({ keys });
  const { id } = await cloud.submit(agentBody(payload));
  const running = runAgentAttempt(cloud, id, { script, ports: { time } });
  for (let i = 0; i < 20; i++) await settle();
  for (let i = 0; i < 20; i++) await time.pass(passMs / 20);
  await time.pass(20_000);
  await running;
  const row = await cloud.row(id);
  expect(row.error?.code).toBe('capped');
  expect(await resultOf(cloud, id)).toMatchObject({ summary: 'Off we go.', stopped: { cap } });
});

test('every answer starts the idle time anew', async () => {
  const time = new FakeTime();
  const script: Script = async (turn, _, { signal }) => {
    await time.sleep(40_000, signal);
    return { calls: [turn < 4 ? write(`f${turn}`) : submitCall] };
  };
  const cloud = makeWorkerCloud({ keys });
  const { id } = await cloud.submit(agentBody({ idleSeconds: 60 }));
  const running = runAgentAttempt(cloud, id, { script, ports: { time } });
  for (let i = 0; i < 40; i++) {
    await settle();
    await time.pass(5_000);
  }
  await running;
  expect((await cloud.row(id)).status).toBe('SUCCEEDED');
});

test('events tell of turns, of every tool with how it ended, and of checkpoints', async () => {
  const { events } = await run((turn) =>
    turn === 1 ? { calls: [bash('make test')] } : { calls: [submitCall] },
  );
  const told = events.filter(({ type }) => type === 'tool_start' || type === 'tool_end');
  expect(told).toMatchObject([
    { type: 'tool_start', tool: 'bash', id: 't1-1', summary: 'make test' },
    { type: 'tool_end', tool: 'bash', id: 't1-1', ok: true, milliseconds: 0 },
    { type: 'tool_start', tool: 'submit_result' },
    { type: 'tool_end', tool: 'submit_result', ok: true },
  ]);
  expect(events.some(({ type }) => type === 'checkpoint')).toBe(true);
  const totals = events.flatMap((event) => (event.type === 'turn' ? [event.totalMicroUsd] : []));
  expect(totals).toHaveLength(2);
  expect(totals[1]).toBe(2 * (totals[0] ?? 0));
});

test('no segment, event, result or log holds the provider key', async () => {
  const { cloud, events } = await run(() => ({ calls: [submitCall] }));
  const everything = [...cloud.deps.objects.stored.values(), JSON.stringify([events, cloud.calls])].join();
  expect(everything).not.toContain(keys.anthropic.apiKey);
});
