import { expect, test } from '@jest/globals';
import { commandTool } from '../../../lib/contracts/tools.ts';
import { makeCommandTool } from '../../../lib/core/tools/command-tool.ts';
import { runTool } from '../../../lib/core/tools/run-tool.ts';
import { MemorySandbox } from '../../fakes/memory-sandbox.ts';

const never = new AbortController().signal;

const deploy = {
  name: 'deploy_model',
  description: 'Deploys a model to a stage.',
  inputSchema: {
    type: 'object',
    properties: {
      stage: { type: 'string', pattern: '^[a-z0-9-]+$', maxLength: 20, description: 'Where to.' },
      percent: { type: 'integer', minimum: 1, maximum: 100, default: 5 },
      mode: { type: 'string', enum: ['--dry-run', '--real'] },
      note: { type: 'string', default: '' },
    },
    required: ['stage', 'mode'],
  },
  argv: [
    'node',
    'scripts/deploy.js',
    '--stage',
    '{{stage}}',
    '--share={{percent}}%',
    '{{mode}}',
    '--',
    '{{note}}',
  ],
  timeoutSeconds: 60,
};

async function call(definition: object, input: unknown) {
  const sandbox = new MemorySandbox();
  const tool = makeCommandTool(commandTool.parse(definition));
  const outcome = await runTool({ name: tool.definition.name, input }, [tool], { sandbox }, never);
  return { outcome, run: sandbox.runs[0] };
}

test('each value becomes its argument, and no shell sees it', async () => {
  const note = '$(reboot); `x` "y" \'z\' | tee\n-rf *';
  const { run, outcome } = await call(deploy, { stage: 'shadow', mode: '--real', note });
  expect(run).toEqual({
    argv: ['node', 'scripts/deploy.js', '--stage', 'shadow', '--share=5%', '--real', '--', note],
    timeoutMs: 60_000,
  });
  expect(outcome).toMatchObject({ isError: false, content: '[exit code 0, 0.1 s]' });
});

test('the model is told the same schema', () => {
  const { inputSchema } = makeCommandTool(commandTool.parse(deploy)).definition;
  expect(inputSchema).toEqual({
    type: 'object',
    properties: {
      stage: {
        type: 'string',
        pattern: '^[a-z0-9-]+$',
        minLength: 0,
        maxLength: 20,
        description: 'Where to.',
      },
      percent: { type: 'integer', minimum: 1, maximum: 100, default: 5 },
      mode: { type: 'string', enum: ['--dry-run', '--real'] },
      note: { type: 'string', minLength: 0, maxLength: 4_096, default: '' },
    },
    required: ['stage', 'mode'],
    additionalProperties: false,
  });
});

test.each([
  ['a value outside of its pattern', { stage: 'a b', mode: '--real' }, '/stage'],
  ['a value that is not listed', { stage: 'a', mode: '--force' }, '/mode'],
  ['a number out of range', { stage: 'a', mode: '--real', percent: 0 }, '/percent'],
  ['a field that is not known', { stage: 'a', mode: '--real', extra: 1 }, 'extra'],
  ['a missing field', { stage: 'a' }, '/mode'],
  ['a value that would be an option', { stage: '-x', mode: '--real' }, '/stage: must not begin with a dash'],
  ['NUL', { stage: 'a', mode: '--real', note: 'a\0b' }, 'NUL'],
])('%s is refused before anything runs', async (_, input, words) => {
  const { outcome, run } = await call(deploy, input);
  expect(outcome).toMatchObject({ isError: true, failure: 'invalid_input' });
  expect(outcome.content).toContain(words);
  expect(run).toBeUndefined();
});

test('after the template’s own -- a dash is harmless', async () => {
  const { run } = await call(deploy, { stage: 'a', mode: '--real', note: '--help' });
  expect(run).toMatchObject({ argv: expect.arrayContaining(['--help']) });
});

test('a value cannot stand in for the -- that ends the options', async () => {
  const twoStrings = {
    ...deploy,
    inputSchema: {
      type: 'object',
      properties: { first: { type: 'string' }, second: { type: 'string' } },
      required: ['first', 'second'],
    },
    argv: ['rm', '{{first}}', '{{first}}{{second}}'],
  };
  for (const input of [
    { first: '--', second: '-rf' },
    { first: '', second: '-rf' },
  ])
    expect((await call(twoStrings, input)).outcome).toMatchObject({ failure: 'invalid_input' });
});

test('negative numbers are taken only where the team allows them', async () => {
  const shift = (minimum?: number) => ({
    ...deploy,
    inputSchema: { type: 'object', properties: { by: { type: 'number', minimum } }, required: ['by'] },
    argv: ['shift', '{{by}}'],
  });
  expect((await call(shift(), { by: -1 })).outcome).toMatchObject({ failure: 'invalid_input' });
  expect((await call(shift(-5), { by: -1.5 })).run).toMatchObject({ argv: ['shift', '-1.5'] });
});

test.each([
  ['a name of Muster’s own', { name: 'bash' }, 'name'],
  ['a placeholder without a property', { argv: ['x', '{{nothing}}'] }, 'argv.1'],
  ['a placeholder from the prototype', { argv: ['x', '{{constructor}}'] }, 'argv.1'],
  ['a placeholder as the program', { argv: ['{{stage}}'] }, 'argv.0'],
  [
    'an optional placeholder without a default',
    { inputSchema: { ...deploy.inputSchema, required: ['mode'] } },
    'argv.3',
  ],
  [
    'a required field that is none',
    { inputSchema: { ...deploy.inputSchema, required: ['stage', 'mode', 'x'] } },
    'inputSchema.required',
  ],
  [
    'a pattern that is none',
    { inputSchema: { type: 'object', properties: { a: { type: 'string', pattern: '(' } } }, argv: ['x'] },
    'inputSchema.properties.a.pattern',
  ],
  [
    'a nested object',
    { inputSchema: { type: 'object', properties: { a: { type: 'object' } } }, argv: ['x'] },
    'inputSchema.properties.a.type',
  ],
])('a definition with %s is refused', (_, change, path) => {
  const parsed = commandTool.safeParse({ ...deploy, ...change });
  expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
});
