import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { afterEach, expect, test } from '@jest/globals';
import { readOfflineScripts } from '../../../lib/local/offline-model/read-script.ts';
import {
  parseTaskScript,
  type ScriptSource,
  type TaskScriptSource,
} from '../../../lib/local/offline-model/script.ts';
import {
  type RunningOfflineModel,
  startOfflineModel,
} from '../../../lib/local/offline-model/start-offline-model.ts';
import { answerText, scriptWith } from '../../fakes/chat-script.ts';

let server: RunningOfflineModel | undefined;
const folders: string[] = [];
afterEach(async () => {
  await server?.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

type Rule = ScriptSource['rules'][number];
type Params = Anthropic.MessageCreateParamsNonStreaming;

async function open(taskScripts: TaskScriptSource[], script = scriptWith()): Promise<Anthropic> {
  server = await startOfflineModel({ script, taskScripts, deltaMs: 0 });
  const { url: baseURL } = server;
  return new Anthropic({ apiKey: 'key', authToken: null, baseURL, maxRetries: 0, openTelemetry: false });
}

const ask = (fields: Partial<Params> = {}): Params => ({
  model: 'claude-sonnet-5-5',
  max_tokens: 4_000,
  messages: [{ role: 'user', content: 'Hello' }],
  ...fields,
});

const says = (text: string, more: Partial<Rule> = {}): Rule => ({
  name: text,
  answer: { blocks: [{ type: 'text', text }] },
  ...more,
});

const textOf = (message: Anthropic.Message) =>
  message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');

const tool = (name: string): Anthropic.Tool => ({ name, input_schema: { type: 'object' } });

/** A conversation whose last message brings the results of these calls. */
function withResults(...results: { tool: string; content: string; isError?: boolean }[]): Partial<Params> {
  const calls = results.map(({ tool: name }, at) => ({
    type: 'tool_use' as const,
    id: `t${at}`,
    name,
    input: {},
  }));
  const content = results.map(({ content: text, isError }, at) => ({
    type: 'tool_result' as const,
    tool_use_id: `t${at}`,
    content: text,
    ...(isError && { is_error: true }),
  }));
  return {
    messages: [
      { role: 'user', content: 'Go [[script:probe]]' },
      { role: 'assistant', content: calls },
      { role: 'user', content },
    ],
  };
}

const probe = (...rules: Rule[]): TaskScriptSource => ({ script: 'probe', rules });

test('a task names its script, in the prompt or in the system prompt, at every turn', async () => {
  const client = await open([probe(says('mine'))]);
  const said = async (fields: Partial<Params>) => textOf(await client.messages.create(ask(fields)));
  expect(await said({})).toBe(answerText);
  expect(await said({ system: 'You are [[script:probe]].' })).toBe('mine');
  expect(await said(withResults({ tool: 'bash', content: 'x' }))).toBe('mine');
});

test('a script may know its tasks by a pattern, unless another is named', async () => {
  const weather = { script: 'weather', when: { task: 'weather' }, rules: [says('rain')] };
  const client = await open([weather, probe(says('mine'))]);
  const said = async (content: string) =>
    textOf(await client.messages.create(ask({ messages: [{ role: 'user', content }] })));
  expect(await said('What weather is it?')).toBe('rain');
  expect(await said('What weather is it? [[script:probe]]')).toBe('mine');
});

test('a script that is not there is refused, with those that are', async () => {
  const client = await open([probe(says('mine'))]);
  const wrong = client.messages.create(ask({ system: '[[script:prob]]' }));
  await expect(wrong).rejects.toThrow('there are: probe');
});

test('where no rule of a script applies, the model says what it says without it', async () => {
  const client = await open([probe(says('mine', { when: { turn: 7 } }))]);
  const message = await client.messages.create(ask({ system: '[[script:probe]]' }));
  expect(textOf(message)).toBe(answerText);
});

test('rules look at results by tool, text and error, at tools on offer, and at what was said', async () => {
  const client = await open([
    probe(
      says('failed', { when: { result: { tool: '^bash$', isError: true } } }),
      says('seen', { when: { result: { tool: '^read_', matches: 'needle' } } }),
      says('offered', { when: { offers: 'submit_result', toolResults: true } }),
      says('earlier', { when: { transcript: 'haystack' }, unless: { toolResults: false } }),
    ),
  ]);
  const said = async (fields: Partial<Params>) => textOf(await client.messages.create(ask(fields)));
  const bash = { tool: 'bash', content: 'needle' };
  expect(await said(withResults(bash, { tool: 'bash', content: 'no', isError: true }))).toBe('failed');
  expect(await said(withResults(bash, { tool: 'read_file', content: 'a needle' }))).toBe('seen');
  expect(await said({ ...withResults(bash), tools: [tool('submit_result')] })).toBe('offered');
  expect(await said(withResults({ tool: 'bash', content: 'haystack' }))).toBe('earlier');
  expect(await said(withResults(bash))).toBe(answerText);
});

test('what a rule takes out of the conversation goes into words and, deep down, into inputs', async () => {
  const rule: Rule = {
    name: 'capture',
    when: { toolResults: true },
    capture: {
      line: { from: 'result', pattern: 'line (\\d+)' },
      whole: { from: 'task', pattern: 'script' },
      none: { from: 'result', pattern: 'nowhere', otherwise: 'nothing' },
    },
    answer: {
      blocks: [
        { type: 'text', text: 'At {{capture.line}}, turn {{turn}}: {{capture.none}}' },
        {
          type: 'tool_use',
          name: 'edit',
          input: { at: [{ line: '{{#capture.line}}' }], text: '{{capture.whole}} {{ user }}', exact: true },
        },
        { type: 'tool_use', name: 'look', input: { seen: '{{result}}' } },
      ],
    },
  };
  const client = await open([probe(rule)]);
  const fields = withResults({ tool: 'bash', content: 'error in line 42' });
  for (const message of [
    await client.messages.create(ask(fields)),
    await client.messages.stream(ask(fields)).finalMessage(),
  ]) {
    expect(message.stop_reason).toBe('tool_use');
    expect(message.content).toMatchObject([
      { text: 'At 42, turn 2: nothing' },
      { name: 'edit', input: { at: [{ line: 42 }], text: 'script {{ user }}', exact: true } },
      { name: 'look', input: { seen: 'error in line 42' } },
    ]);
  }
});

test.each<[string, TaskScriptSource, string]>([
  ['an unknown capture', probe(says('{{capture.line}}')), 'that it does not define'],
  ['a script that always speaks', { script: 'all', when: {}, rules: [says('x')] }, 'must not be empty'],
  ['a name with spaces', { script: 'two words', rules: [says('x')] }, 'must be lower-case letters'],
  [
    'an unknown placeholder in an input',
    probe({ name: 'x', answer: { blocks: [{ type: 'tool_use', name: 'x', input: { a: ['{{secret}}'] } }] } }),
    'may only use {{prompt}}',
  ],
])('a script with %s is refused', (_, source, message) => {
  expect(() => parseTaskScript(source)).toThrow(message);
});

test('thinking is signed, and its signature binds everything before it', async () => {
  const thinking: Rule = {
    name: 'think',
    when: { toolResults: false },
    answer: {
      blocks: [
        { type: 'thinking', text: 'Let me see.' },
        { type: 'tool_use', name: 'bash', input: {} },
      ],
    },
  };
  const client = await open([], scriptWith(thinking));
  const question: Anthropic.MessageParam = { role: 'user', content: 'Hello' };
  const first = await client.messages.stream(ask({ system: 'Be brief.' })).finalMessage();
  expect(first.content[0]).toMatchObject({ type: 'thinking', thinking: 'Let me see.' });
  const call = first.content[1];
  const results: Anthropic.MessageParam = {
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: call?.type === 'tool_use' ? call.id : '', content: 'ok' }],
  };
  const again = (head: Anthropic.MessageParam, system: string) =>
    client.messages.create(
      ask({ system, messages: [head, { role: 'assistant', content: first.content }, results] }),
    );
  expect(textOf(await again(question, 'Be brief.'))).toBe(answerText);
  await expect(again({ ...question, content: 'Hullo' }, 'Be brief.')).rejects.toThrow(
    'different conversation',
  );
  await expect(again(question, 'Be long.')).rejects.toThrow('bound to a different conversation');
});

test('a turn that was paused goes on from its own words, and from no others', async () => {
  const pause: Rule = {
    name: 'pause',
    times: 1,
    answer: { blocks: [{ type: 'text', text: 'Wait.' }], stopReason: 'pause_turn' },
  };
  const client = await open([], scriptWith(pause));
  const first = await client.messages.create(ask());
  expect(first.stop_reason).toBe('pause_turn');
  const goOn = (content: Anthropic.MessageParam['content']) =>
    client.messages.create(
      ask({
        messages: [
          { role: 'user', content: 'Hello' },
          { role: 'assistant', content },
        ],
      }),
    );
  expect(textOf(await goOn(first.content as Anthropic.ContentBlockParam[]))).toBe(answerText);
  await expect(goOn([{ type: 'text', text: 'Go!' }])).rejects.toThrow('prefill');
});

test('tokens are counted without an answer, and a prompt is cached without one', async () => {
  const client = await open([]);
  const system = [
    {
      type: 'text' as const,
      text: 'All work and no play. '.repeat(200),
      cache_control: { type: 'ephemeral' as const },
    },
  ];
  const { max_tokens: _, ...counted } = ask({ system });
  expect(await client.messages.countTokens(counted)).toEqual({ input_tokens: 1_117 });
  const warm = await client.messages.create(ask({ system, max_tokens: 0 }));
  expect([warm.content, warm.stop_reason, warm.usage.output_tokens]).toEqual([[], 'max_tokens', 0]);
  expect(warm.usage.cache_creation_input_tokens).toBe(1_108);
  expect((await client.messages.create(ask({ system }))).usage.cache_read_input_tokens).toBe(1_108);
});

const run = (command: string, cwd: string) =>
  new Promise<{ content: string; isError: boolean }>((resolve) => {
    execFile('bash', ['-c', command], { cwd }, (error, stdout) =>
      resolve({ content: stdout, isError: error !== null }),
    );
  });

/** The tools that the script calls, as simple as can be. */
async function runTool(name: string, input: Record<string, string>, cwd: string) {
  const path = join(cwd, input.path ?? '');
  if (name === 'bash') return run(input.command ?? '', cwd);
  if (name === 'write_file') writeFileSync(path, input.content ?? '');
  if (name === 'edit_file') {
    writeFileSync(path, readFileSync(path, 'utf8').replace(input.oldText ?? '', input.newText ?? ''));
  }
  return { content: 'done', isError: false };
}

test('the script that is shipped finds its fault, mends it, and hands in what the check says', async () => {
  const { taskScripts } = await readOfflineScripts();
  const client = await open(taskScripts);
  const cwd = mkdtempSync(join(tmpdir(), 'offline-'));
  folders.push(cwd);
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Mend it. [[script:fix-the-test]]' }];
  const called: string[] = [];
  let submitted: unknown;
  while (!submitted && called.length < 20) {
    const turn = await client.messages.create(ask({ messages, tools: [tool('submit_result')] }));
    const calls = turn.content.filter((block) => block.type === 'tool_use');
    const results: Anthropic.ToolResultBlockParam[] = [];
    for (const { id, name, input } of calls) {
      called.push(name);
      if (name === 'submit_result') submitted = input;
      const { content, isError } = await runTool(name, input as Record<string, string>, cwd);
      results.push({ type: 'tool_result', tool_use_id: id, content, is_error: isError });
    }
    messages.push({ role: 'assistant', content: turn.content }, { role: 'user', content: results });
  }
  expect(called).toEqual(['write_file', 'write_file', 'bash', 'edit_file', 'bash', 'submit_result']);
  expect(submitted).toMatchObject({ evidence: [{ check: 'bash check.sh', output: 'ok: 2 + 3 = 5' }] });
});

test('an agent without a script lists its workspace and hands in that nothing was done', async () => {
  const { script } = await readOfflineScripts();
  const client = await open([], script);
  const tools = [tool('list_files'), tool('submit_result')];
  const first = await client.messages.create(ask({ tools }));
  expect(first.content.at(-1)).toMatchObject({ type: 'tool_use', name: 'list_files' });
  const { messages } = withResults({ tool: 'list_files', content: 'README.md' });
  const plain = messages?.with(0, { role: 'user', content: 'Build me a house' });
  const second = await client.messages.create(ask({ tools, messages: plain ?? [] }));
  expect(second.content).toMatchObject([
    {
      name: 'submit_result',
      input: { confidence: 0, limitations: [expect.stringContaining('Build me a house')] },
    },
  ]);
});
