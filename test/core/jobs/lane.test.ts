import { describe, expect, it } from '@jest/globals';
import { type AgentPayload, agentPayload, toolsWithoutSandbox } from '#contracts/job-request.ts';
import { toolNames } from '#contracts/tools.ts';
import { laneOf } from '#core/jobs/lane.ts';
import { chooseTools } from '#core/tools/all-tools.ts';
import { echoBody, submit } from '../../fakes/job-steps.ts';
import { makeMemoryDeps } from '../../fakes/memory-deps.ts';

const model = 'claude-haiku-5-5';
const maxTokens = 1_000;

function agent(payload: Partial<AgentPayload> = {}) {
  return { type: 'agent' as const, payload: { ...agentPayload.parse({ prompt: 'p', model }), ...payload } };
}

describe('the lane of a job', () => {
  it('is a function for what only asks models', () => {
    const chat = { type: 'chat', payload: { prompt: 'p', model, maxTokens } } as const;
    const code = { type: 'code', payload: { specification: 's', language: 'c', model, maxTokens } } as const;
    const research = { type: 'research', payload: { topic: 't', questions: 4, model, maxTokens } } as const;
    expect([chat, code, research].map((input) => laneOf(input, false))).toEqual([
      'function',
      'function',
      'function',
    ]);
  });

  it('is a container for an echo, which is how one tries containers out', () => {
    expect(laneOf({ type: 'echo', payload: { message: 'm', delaySeconds: 0 } }, false)).toBe('fargate');
  });

  it('of an agent is a container as soon as it has a tool, a command or a file that wants a sandbox', () => {
    expect(laneOf(agent(), false)).toBe('fargate');
    expect(laneOf(agent({ tools: ['http_get', 'notes_put'] }), false)).toBe('function');
    expect(laneOf(agent({ tools: [] }), false)).toBe('function');
    expect(laneOf(agent({ tools: ['http_get', 'bash'] }), false)).toBe('fargate');
    const workspace = { sha256: 'aa'.repeat(32), bytes: 10 };
    expect(laneOf(agent({ tools: ['http_get'], workspace }), false)).toBe('fargate');
    const command = { name: 'lint', description: 'd', argv: ['lint'], properties: {}, timeoutSeconds: 9 };
    const commandTools = [command] as unknown as AgentPayload['commandTools'];
    expect(laneOf(agent({ tools: ['http_get'], commandTools }), false)).toBe('fargate');
  });

  it('is a container for everything where the deployment says so', () => {
    expect(laneOf(agent({ tools: ['http_get'] }), true)).toBe('fargate');
  });

  it('agrees with the tools about which of them need a sandbox', () => {
    const free = chooseTools(toolNames).filter(({ definition }) => definition.needs === 'none');
    expect(free.map(({ definition }) => definition.name)).toEqual([...toolsWithoutSandbox]);
  });

  it('is written into the row when the job is accepted', async () => {
    const chat = { type: 'chat', payload: { prompt: 'hi' } };
    expect((await submit(makeMemoryDeps(), chat)).lane).toBe('function');
    expect((await submit(makeMemoryDeps(), echoBody)).lane).toBe('fargate');
    expect((await submit(makeMemoryDeps({ settings: { forceFargate: true } }), chat)).lane).toBe('fargate');
  });
});
