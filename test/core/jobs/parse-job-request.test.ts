import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from '#contracts/errors.ts';
import { parseJobRequest } from '#core/jobs/parse-job-request.ts';

const echo = { type: 'echo', payload: { message: 'hi' } };
const chat = { type: 'chat', payload: { prompt: 'hi' } };

function faultOf(body: unknown): AppError {
  try {
    parseJobRequest(body);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

function nested(depth: number): unknown {
  let value: unknown = 'leaf';
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { inner: value };
  return value;
}

describe('a job request', () => {
  it('gets its defaults [A1] [A7]', () => {
    expect(parseJobRequest(chat)).toEqual({
      request: {
        type: 'chat',
        payload: { prompt: 'hi' },
        project: 'default',
        priority: 'medium',
        timeoutSeconds: 3_600,
        deadlineSeconds: 86_400,
        maxAttempts: 3,
        dependsOn: [],
      },
      input: { type: 'chat', payload: { prompt: 'hi', model: 'claude-sonnet-5-5', maxTokens: 1_024 } },
    });
    expect(parseJobRequest(echo).input).toEqual({
      type: 'echo',
      payload: { message: 'hi', delaySeconds: 0 },
    });
  });

  it('is understood in the guide’s spelling [A4]', () => {
    const body = {
      job_type: 'claude_chat',
      payload: { prompt: 'hi', system: 'be short', max_tokens: 50, model: 'claude-haiku-5-5' },
    };
    expect(parseJobRequest(body).input).toEqual({
      type: 'chat',
      payload: { prompt: 'hi', system: 'be short', maxTokens: 50, model: 'claude-haiku-5-5' },
    });
  });

  it('takes model, system and max tokens beside the payload or in it [A7]', () => {
    const beside = { ...chat, model: 'claude-haiku-5-5', system: 's', maxTokens: 9 };
    const inside = {
      type: 'chat',
      payload: { ...chat.payload, model: 'claude-haiku-5-5', system: 's', maxTokens: 9 },
    };
    expect(parseJobRequest(beside).input).toEqual(parseJobRequest(inside).input);
    expect(parseJobRequest({ ...inside, model: 'claude-haiku-5-5' }).input).toEqual(
      parseJobRequest(inside).input,
    );
  });

  it.each([
    ['both names of a field', { ...chat, job_type: 'chat' }, '"job_type" and "type" are the same field'],
    [
      'a field in both places that differs',
      { ...chat, model: 'a', payload: { prompt: 'p', model: 'b' } },
      '"model" is given twice and differs',
    ],
    [
      'a model field on an echo',
      { ...echo, model: 'claude-haiku-5-5' },
      '"model" means nothing to a job of type "echo"',
    ],
    ['an unknown field', { ...echo, colour: 'red' }, '/colour is not a known field'],
    [
      'an unknown field of the payload',
      { type: 'echo', payload: { message: 'm', colour: 'red' } },
      '/payload/colour is not a known field',
    ],
    ['a name that every object has', { ...echo, constructor: 1 }, '/constructor is not a known field'],
    ['a type that every object has', { ...echo, type: 'constructor' }, '/type '],
    ['no object', 'echo', 'the body must be a JSON object'],
    ['a list', [echo], 'the body must be a JSON object'],
    ['nothing', undefined, 'the body must be a JSON object'],
    ['no payload', { type: 'echo' }, '/payload'],
    [
      'more tokens than the model writes',
      { ...chat, model: 'claude-haiku-4-5', maxTokens: 64_001 },
      'more than claude-haiku-4-5 can write (64000)',
    ],
    [
      'a size that Fargate does not have',
      { ...echo, compute: { cpu: 256, memoryMiB: 4_096 } },
      '/compute must be a Fargate size',
    ],
    ['a project name that is none', { ...echo, project: '../x' }, '/project must be 1–64'],
    [
      'answers from a cache that are older than any is kept [D9]',
      { ...chat, payload: { ...chat.payload, responseCache: { hours: 721 } } },
      '/payload/responseCache/hours',
    ],
    [
      'a cache for what asks no model [D9]',
      { ...echo, payload: { message: 'hi', responseCache: { hours: 1 } } },
      '/payload/responseCache is not a known field',
    ],
    ['an attempt too many', { ...echo, maxAttempts: 11 }, '/maxAttempts'],
  ])('with %s is refused and says why', (_what, body, message) => {
    const fault = faultOf(body);
    expect(fault.code).toBe('invalid_request');
    expect(fault.message).toContain(message);
  });

  it('lists every fault with its place', () => {
    expect(
      faultOf({ ...echo, priority: 'urgent', timeoutSeconds: 0 }).faults?.map(({ path }) => path),
    ).toEqual(['/priority', '/timeoutSeconds']);
  });

  it.each([
    ['meeting', { ...echo, type: 'meeting' }],
    ['action', { ...echo, type: 'action' }],
  ])('that needs %s, which is not built yet, is refused by name', (_what, body) => {
    expect(faultOf(body).code).toBe('not_supported_yet');
  });

  it('for an agent gets tools, turns and room for answers [A7]', () => {
    const { input } = parseJobRequest({ type: 'agent', payload: { prompt: 'Do it.' }, system: 'Be brief.' });
    expect(input.payload).toEqual({
      prompt: 'Do it.',
      system: 'Be brief.',
      model: 'claude-sonnet-5-5',
      maxTokens: 16_000,
      tools: [
        'artifact_put',
        'bash',
        'edit_file',
        'http_get',
        'list_files',
        'read_file',
        'submit_result',
        'write_file',
      ],
      commandTools: [],
      criteria: [],
      maxTurns: 50,
      idleSeconds: 600,
    });
  });

  it('for code and research is understood, in the guide’s spelling too [A4]', () => {
    const code = { job_type: 'claude_code', payload: { specification: 's', language: 'c++' }, max_tokens: 9 };
    expect(parseJobRequest(code).input).toMatchObject({
      type: 'code',
      payload: { language: 'c++', maxTokens: 9 },
    });
    const research = { type: 'research', payload: { topic: 't' } };
    expect(parseJobRequest(research).input).toMatchObject({ payload: { questions: 4, maxTokens: 16_000 } });
  });

  it.each([
    ['an unknown tool', { prompt: 'p', tools: ['rm'] }, '/payload/tools/0'],
    ['too many turns', { prompt: 'p', maxTurns: 201 }, '/payload/maxTurns'],
    [
      'a workspace that is no digest',
      { prompt: 'p', workspace: { sha256: 'x', bytes: 1 } },
      '/payload/workspace/sha256',
    ],
    ['no prompt', {}, '/payload/prompt'],
    [
      'a command tool without arguments',
      { prompt: 'p', commandTools: [{ name: 'x' }] },
      '/payload/commandTools/0/description',
    ],
  ])('for an agent with %s is refused with the place', (_what, payload, path) => {
    expect(faultOf({ type: 'agent', payload }).faults?.map((fault) => fault.path)).toContain(path);
  });

  it('for a model without a price is refused with its successor', () => {
    const fault = faultOf({ ...chat, model: 'claude-3-haiku-20240307' });
    expect([fault.code, fault.remedy]).toEqual(['unknown_model', '"claude-haiku-5-5" has taken its place']);
  });

  it.each([
    ['10,000 characters', 10_000, undefined],
    ['10,001 characters', 10_001, 'payload_too_large'],
  ])('with a message of %s is accepted or too large', (_what, length, code) => {
    const body = { type: 'echo', payload: { message: 'x'.repeat(length) } };
    if (code) expect(faultOf(body).code).toBe(code);
    else expect(parseJobRequest(body).input.type).toBe('echo');
  });

  it.each([
    ['33 levels', 32, 'nested deeper than 32 levels'],
    ['200,000 levels', 200_000, 'nested deeper than 32 levels'],
    ['31 levels', 29, 'is not a known field'],
  ])('that is nested %s deep does not bring anything down', (_what, depth, message) => {
    expect(faultOf({ ...echo, colour: nested(depth) }).message).toContain(message);
  });

  it('is refused with an AppError or accepted, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: false, maxDepth: 4 }), fc.object(), (value, fields) => {
        for (const body of [value, { ...echo, payload: value }, { ...chat, ...fields }])
          expect(() => {
            try {
              parseJobRequest(body);
            } catch (error) {
              if (!(error instanceof AppError)) throw error;
            }
          }).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on the order of its fields', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(Object.entries({ ...chat, project: 'p', maxTokens: 5 }), { minLength: 4 }),
        (fields) => {
          expect(parseJobRequest(Object.fromEntries(fields))).toEqual(
            parseJobRequest({ ...chat, project: 'p', maxTokens: 5 }),
          );
        },
      ),
    );
  });
});
