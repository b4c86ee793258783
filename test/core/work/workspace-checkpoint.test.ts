import { expect, test } from '@jest/globals';
import type { ControlPlane } from '#core/ports/control.ts';
import {
  agentBody,
  keys,
  resultOf,
  runAgentAttempt,
  type Script,
  submitCall,
} from '../../fakes/agent-attempt.ts';
import { MemorySandbox } from '../../fakes/memory-sandbox.ts';
import { makeWorkerCloud, type WorkerCloud } from '../../fakes/worker-cloud.ts';

const bash = (command: string) => ({ name: 'bash', input: { command } });
const submitOnly: Script = () => ({ calls: [submitCall] });

/** Programs that leave their mark in the workspace. */
function makeBox(): MemorySandbox {
  const sandbox = new MemorySandbox();
  sandbox.outcome = (request) => {
    const command = 'command' in request ? request.command : '';
    sandbox.files.set('log', Buffer.from(`${sandbox.files.get('log') ?? ''}${command};`));
    return { output: `ran ${command}` };
  };
  return sandbox;
}

async function begin() {
  const cloud = makeWorkerCloud({ keys });
  return { cloud, id: (await cloud.submit(agentBody())).id };
}

async function logAfterRestart(cloud: WorkerCloud, id: string): Promise<string> {
  const sandbox = makeBox();
  await runAgentAttempt(cloud, id, { script: submitOnly, sandbox });
  return String(sandbox.files.get('log') ?? '');
}

const twoPrograms: Script = (turn) => ({ calls: turn === 1 ? [bash('one'), bash('two')] : [submitCall] });

test('a workspace whose storing is broken off by SIGTERM is stored with the results that belong to it', async () => {
  const { cloud, id } = await begin();
  let stop: (() => void) | undefined;
  const objects = { ...cloud.objects };
  objects.put = async (target, body, signal) => {
    if (target.url.includes('workspaces/') && stop) {
      stop();
      stop = undefined;
    }
    signal.throwIfAborted();
    await cloud.objects.put(target, body, signal);
  };
  const onStop = (request: () => void) => {
    stop = request;
  };
  const first = await runAgentAttempt(cloud, id, {
    script: twoPrograms,
    sandbox: makeBox(),
    ports: { objects },
    onStop,
  });
  expect(first.ending).toMatchObject({ kind: 'reported', outcome: 'interrupted' });
  expect(await logAfterRestart(cloud, id)).toBe('one;');
});

test('a workspace that was stored, and whose call was broken off, is named by the next call', async () => {
  const { cloud, id } = await begin();
  let stop: (() => void) | undefined;
  const turn: ControlPlane['turn'] = async (request, signal) => {
    if (request.workspace && stop) {
      stop();
      stop = undefined;
      signal.throwIfAborted();
    }
    return cloud.control.turn(request, signal);
  };
  const first = await runAgentAttempt(cloud, id, {
    script: twoPrograms,
    sandbox: makeBox(),
    ports: { control: { ...cloud.control, turn } },
    onStop: (request) => {
      stop = request;
    },
  });
  expect(first.ending).toMatchObject({ kind: 'reported', outcome: 'interrupted' });
  expect(await logAfterRestart(cloud, id)).toBe('one;');
});

test('results that need several calls are recorded after the workspace that they belong to', async () => {
  const { cloud, id } = await begin();
  const sandbox = makeBox();
  sandbox.files.set('long', Buffer.from('好'.repeat(29_000)));
  const read = { name: 'read_file', input: { path: 'long' } };
  const script: Script = (turn) => ({
    calls: turn === 1 ? [bash('one'), ...Array.from({ length: 14 }, () => read)] : [submitCall],
  });
  await runAgentAttempt(cloud, id, { script, sandbox });
  const turns = cloud.calls.filter(({ name }) => name === 'turn').map(({ request }) => request);
  const withResults = turns.filter(({ record }) =>
    (record as { body: string } | undefined)?.body.includes('"kind":"result"'),
  );
  expect(withResults.length).toBeGreaterThan(1);
  expect(withResults.map(({ workspace }) => workspace !== undefined)).toEqual(
    withResults.map((_, index) => index === 0),
  );
});

test('the last words of an agent that hands in no result are in its transcript', async () => {
  const { cloud, id } = await begin();
  await runAgentAttempt(cloud, id, { script: (turn) => ({ text: `word ${turn}` }) });
  expect(await resultOf(cloud, id)).toMatchObject({ turns: 2, summary: 'word 2' });
  expect((await cloud.segments(id)).join()).toContain('word 2');
  expect((await cloud.row(id)).reservations).toEqual([]);
});
