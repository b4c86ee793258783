import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOfflineModel } from '../../lib/local/offline-model/offline-model.ts';
import { parseScript } from '../../lib/local/offline-model/script.ts';
import { type BenchCloud, startBenchCloud } from './local-cloud.ts';
import { percentile, type Row } from './measure.ts';

const turns = 30;
/** The first ones load code. */
const warmUp = 3;

interface Kind {
  what: string;
  call: (turn: number) => { name: string; input: Record<string, unknown> };
}

/** What a turn may ask for, by what it does to the workspace. */
const kinds: readonly Kind[] = [
  { what: 'list_files', call: () => ({ name: 'list_files', input: {} }) },
  { what: 'bash without change', call: (turn) => ({ name: 'bash', input: { command: `true ${turn}` } }) },
  {
    what: 'bash that writes',
    call: (turn) => ({ name: 'bash', input: { command: `echo ${turn} > made` } }),
  },
  {
    what: 'write_file',
    call: (turn) => ({
      name: 'write_file',
      input: { path: `f${turn}.txt`, content: `${turn}\n`.repeat(500) },
    }),
  },
];

function scriptOf() {
  const of = (kind: Kind) =>
    Array.from({ length: turns }, (_, index) => ({
      name: `${kind.what} ${index + 1}`,
      when: { task: `^${kind.what}$`, turn: index + 1 },
      answer: { blocks: [{ type: 'tool_use', ...kind.call(index + 1) }] },
    }));
  const submission = { summary: 'Done.', evidence: [], confidence: 1, limitations: [] };
  const end = { blocks: [{ type: 'tool_use', name: 'submit_result', input: submission }] };
  return parseScript({ rules: [...kinds.flatMap(of), { name: 'end', answer: end }] });
}

interface Call {
  fromMs: number;
  untilMs: number;
}

/** A model that notes when it is asked and when it has answered. */
async function startModel() {
  const model = createOfflineModel({ script: scriptOf(), deltaMs: 0 });
  const calls: Call[] = [];
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const call = { fromMs: performance.now(), untilMs: 0 };
    calls.push(call);
    res.once('finish', () => {
      call.untilMs = performance.now();
    });
    await model(req, res, Buffer.concat(chunks));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls, close };
}

async function run(cloud: BenchCloud, prompt: string): Promise<string> {
  const { status, body } = await cloud.call('POST', '/jobs', { type: 'agent', payload: { prompt } });
  if (status !== 201) throw new Error(`submit answered ${status}: ${JSON.stringify(body)}`);
  const id = String(body.id);
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { body: job } = await cloud.call('GET', `/jobs/${id}`);
    if (job.status === 'SUCCEEDED') return id;
    if (job.endedAt) throw new Error(`job ${id} ended ${JSON.stringify(job)}`);
  }
}

/** Milliseconds of each tool, in the order of the turns. */
async function toolTimes(cloud: BenchCloud, id: string): Promise<number[]> {
  const times: number[] = [];
  for (let after = ''; ; ) {
    const { body } = await cloud.call('GET', `/jobs/${id}/events${after && `?after=${after}`}`);
    const items = body.items as { type: string; milliseconds?: number }[];
    if (items.length === 0) return times;
    for (const { type, milliseconds = 0 } of items) if (type === 'tool_end') times.push(milliseconds);
    after = encodeURIComponent(String(body.cursor));
  }
}

/** From the end of one answer to the next question, without the tool in between. */
export async function benchLoopOverhead(): Promise<Row[]> {
  const model = await startModel();
  const key = { ANTHROPIC_API_KEY: 'bench', ANTHROPIC_BASE_URL: model.url };
  const cloud = await startBenchCloud(['--unsandboxed'], key);
  const rows: Row[] = [];
  try {
    for (const { what } of kinds) {
      const from = model.calls.length;
      const id = await run(cloud, what);
      const calls = model.calls.slice(from);
      const tools = await toolTimes(cloud, id);
      const overheads = calls
        .slice(1)
        .map((call, index) => call.fromMs - (calls[index]?.untilMs ?? 0) - (tools[index] ?? 0))
        .slice(warmUp);
      const measured = `min ${Math.min(...overheads).toFixed(0)} ms, p50 ${percentile(overheads, 50).toFixed(0)} ms, p95 ${percentile(overheads, 95).toFixed(0)} ms (tool ${percentile(tools, 50)} ms)`;
      rows.push({ what: `loop overhead per turn: ${what}`, measured, target: 'p50 < 25 ms' });
    }
  } finally {
    await cloud.close();
    model.close();
  }
  return rows;
}
