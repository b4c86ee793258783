import { GetExecutionHistoryCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeApiClient } from '../../../lib/adapters/client/api-client.ts';
import type { ApiTarget } from '../../../lib/adapters/client/find-api.ts';
import { writeLocalFile } from '../../../lib/adapters/client/local-file.ts';
import { followRun, type Heard } from '../../../lib/cli/run/follow-run.ts';
import { awsPrices } from '../../../lib/contracts/aws-prices.ts';
import type { ExecutionView } from '../../../lib/contracts/executions.ts';
import type { JobView } from '../../../lib/contracts/job-view.ts';
import type { RunView } from '../../../lib/contracts/run-view.ts';
import { muster } from '../../cli/harness.ts';
import { until } from './client.ts';
import { type RunBed, startRunBed } from './run-bed.ts';
import { hang, type StoryAction, tell } from './stories.ts';

const text = (id: number): StoryAction => ({
  id,
  owner: 'writer',
  kind: 'write',
  bash: [`echo "text ${id}" > text-${id}.md`],
  checks: [{ tool: 'file_says', args: { path: `text-${id}.md`, text: `text ${id}` } }],
});
const stories = [
  { name: 'observed', cycles: [{ actions: [text(1), text(2)] }] },
  { name: 'quiet', cycles: [{ actions: [text(1), text(2)] }] },
  { name: 'endless', cycles: [{ actions: [text(1)] }], speakFault: hang },
];

let bed: RunBed;
let run: RunView;
let jobs: JobView[];
const heard: Heard[] = [];
let cuts = 0;
let connections = 0;

/** As if it were deployed: looks are far apart, so that what is heard between them was pushed. */
function target(): ApiTarget {
  const { url, region, outputs, clientCredentials } = bed.cloud;
  return {
    kind: 'aws',
    url,
    region,
    foundBy: 'the test',
    offlineModel: true,
    credentials: async () => clientCredentials,
    streamUrl: async () => outputs.StreamUrl,
    outputs: async () => outputs,
  };
}

function countOf(operation: string): number {
  const calls = bed.cloud.calls().filter((call) => call.operation === operation);
  return calls.reduce((sum, { count }) => sum + count, 0);
}

async function list<T>(path: string): Promise<T[]> {
  return (await bed.must<{ items: T[] }>('GET', path)).items;
}

beforeAll(async () => {
  bed = await startRunBed({ modelRules: tell(stories) });
  const { url: apiUrl, region, outputs, clientCredentials } = bed.cloud;
  const where = { apiUrl, endpointUrl: apiUrl, region, outputs, offlineModel: true };
  writeLocalFile(bed.dataDir, { ...where, ...clientCredentials, pid: process.pid });
  const { id } = await bed.story('observed');
  const following = followRun(makeApiClient(target()), id, { onHeard: (some) => heard.push(...some) });
  let isOver = false;
  void following.finally(() => {
    isOver = true;
  });
  await until(
    'a connection is cut again and again',
    () => {
      if ((bed.cloud.sockets?.cut() ?? 0) > 0) cuts += 1;
      return isOver || undefined;
    },
    { limitMs: 300_000, pauseMs: 1_000 },
  );
  run = await following;
  connections = countOf('CONNECT');
  jobs = await list<JobView>(`/jobs?run=${id}&project=observed&limit=100`);
}, 400_000);
afterAll(() => bed?.close(), 20_000);

async function logOf<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  for (let after = ''; ; ) {
    const page = await bed.must<{ items: T[]; cursor: string }>(
      'GET',
      `${path}${after && `?after=${after}`}`,
    );
    if (page.items.length === 0) return items;
    items.push(...page.items);
    after = page.cursor;
  }
}

describe('a run that is watched over the stream, and cut off again and again', () => {
  test('is heard of in exactly the events that it and its jobs have, each once and in order [A9] [B11]', async () => {
    expect(run.status).toBe('SUCCEEDED');
    expect(cuts).toBeGreaterThanOrEqual(5);
    expect(connections).toBeGreaterThan(cuts);
    const told = heard.flatMap((one) => ('run' in one ? [one.run] : []));
    expect(told).toEqual(await logOf(`/runs/${run.id}/events`));
    for (const { id } of jobs) {
      const said = heard.flatMap((one) => ('job' in one && one.job === id ? [one.event] : []));
      expect([id, said]).toEqual([id, await logOf(`/jobs/${id}/events`)]);
    }
    expect(jobs.length).toBeGreaterThanOrEqual(6);
  });

  test('of an ended run all is told, too, and where there is no stream [B11]', async () => {
    const again: Heard[] = [];
    const api = makeApiClient({ ...target(), streamUrl: async () => undefined });
    await followRun(api, run.id, { onHeard: (some) => again.push(...some) });
    const keyOf = (one: Heard) => ('run' in one ? `run ${one.run.seq}` : `${one.job} ${one.event.seq}`);
    expect(again.map(keyOf).sort()).toEqual(heard.map(keyOf).sort());
  });
});

const numbersIn = (text: string) => (text.match(/\d+/g) ?? []).map(Number);

interface Cost {
  soFar: boolean;
  lines: { item: string; amount: string; usd: number }[];
  infrastructureUsd: number;
  totalUsd: number;
}

const cli = (...args: string[]) => muster(['--data', bed.dataDir, ...args]);

/** Calls of services that functions and workers have made so far, without those that looking makes. */
function countsOfWork() {
  const lookers = [
    'client',
    'FunctionsRuns',
    'FunctionsOrchestrator',
    'FunctionsReconciler',
    'FunctionsStream',
  ];
  const calls = bed.cloud.calls().filter(({ caller }) => !lookers.some((name) => caller.startsWith(name)));
  const count = (service: string, ...operations: string[]) =>
    calls
      .filter((call) => call.service === service && operations.some((one) => call.operation.startsWith(one)))
      .reduce((sum, call) => sum + call.count, 0);
  return {
    requests: count('execute-api', 'POST /worker'),
    writes: count('dynamodb', 'PutItem', 'UpdateItem', 'DeleteItem'),
    reads: count('dynamodb', 'GetItem', 'BatchGetItem', 'Query'),
    puts: count('s3', 'PutObject'),
    // Each message is also received and deleted.
    messages: 3 * count('sqs', 'SendMessage'),
  };
}

describe('muster cost RUN', () => {
  let quiet: RunView;
  let cost: Cost;
  let counted: ReturnType<typeof countsOfWork>;
  beforeAll(async () => {
    const before = countsOfWork();
    const { id } = await bed.story('quiet');
    quiet = await bed.reaches(id, 'ends', ({ endedAt }) => endedAt !== undefined);
    jobs = await list<JobView>(`/jobs?run=${id}&project=quiet&limit=100`);
    await Promise.all(jobs.map((job) => bed.settled(job.id)));
    const after = countsOfWork();
    const names = Object.keys(after) as (keyof typeof after)[];
    counted = Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as typeof after;
    const { code, stdout } = await cli('cost', id, '--json');
    expect(code).toBe(0);
    cost = JSON.parse(stdout) as Cost;
  }, 300_000);

  const usdOf = (item: string) => cost.lines.find((line) => line.item === item)?.usd ?? Number.NaN;
  const amountOf = (item: string) => cost.lines.find((line) => line.item === item)?.amount ?? '';

  test('itemises a run by what was measured of it, and adds it up [A8] [A9]', async () => {
    expect(cost.soFar).toBe(false);
    const ledger = (await bed.items()).filter(
      (item) => item.run === quiet.id && String(item.sk).startsWith('LEDGER#'),
    );
    const spentMicroUsd = ledger.reduce((sum, { microUsd }) => sum + Number(microUsd), 0);
    expect(ledger).toHaveLength(
      bed.modelRequests.filter((request) => JSON.stringify(request).includes('tory quiet')).length,
    );
    expect(usdOf('model tokens')).toBeCloseTo(spentMicroUsd / 1e6, 9);
    expect(quiet.costUsd).toBeCloseTo(spentMicroUsd / 1e6, 9);

    const done = await list<ExecutionView>('/executions?project=quiet&limit=100');
    const workers = done.filter(({ job }) => jobs.find(({ id }) => id === job)?.lane === 'fargate');
    // From the download of the image on, and for a minute at least.
    const seconds = workers.map(({ milliseconds }) => Math.max(60, Math.ceil(milliseconds / 1_000 + 35)));
    const billed = seconds.reduce((sum, each) => sum + each, 0);
    const fargate = cost.lines.filter(({ item }) => item.startsWith('Fargate'));
    const hourly = awsPrices.fargateVcpuHour + 2 * awsPrices.fargateGiBHour;
    expect(fargate.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo((billed / 3_600) * hourly, 9);
    expect(amountOf('public IPv4')).toBe(`${billed} s`);
    expect(usdOf('public IPv4')).toBeCloseTo((billed / 3_600) * awsPrices.publicIpv4Hour, 9);

    const entered = await transitionsOf(quiet.links.executionArn ?? '');
    expect(amountOf('Step Functions')).toBe(`${entered} transitions`);
    expect(usdOf('Step Functions')).toBeCloseTo(entered * awsPrices.stepTransition, 12);

    const sum = cost.lines.reduce((total, { usd }) => total + usd, 0);
    expect(cost.totalUsd).toBeCloseTo(sum, 12);
    expect(cost.infrastructureUsd).toBeCloseTo(sum - usdOf('model tokens'), 12);
  }, 60_000);

  test('reckons the calls that nobody counts on AWS within a factor of three of what was counted [A8]', () => {
    const [requests] = numbersIn(amountOf('API Gateway'));
    const [writes, reads] = numbersIn(amountOf('DynamoDB'));
    const [puts] = numbersIn(amountOf('S3'));
    const [messages] = numbersIn(amountOf('SQS'));
    const reckoned = { requests, writes, reads, puts, messages };
    const ratios = Object.entries(reckoned).map(([name, value = 0]) => ({
      name,
      ratio: value / counted[name as keyof typeof counted],
    }));
    expect(ratios.filter(({ ratio }) => ratio < 1 / 3 || ratio > 3)).toEqual([]);
    for (const item of ['Lambda', 'S3', 'CloudWatch Logs'])
      expect([item, usdOf(item) > 0]).toEqual([item, true]);
  });

  test('of a run that goes on says that it is what it has cost so far [A8]', async () => {
    const { id } = await bed.story('endless');
    await bed.reaches(id, 'meets', ({ cycles }) => cycles.length > 0);
    const { code, stdout } = await cli('cost', id);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^all, so far +\$\d+\.\d+$/m);
    expect(stdout).toContain('It has not ended: this is what it has cost so far.');
    expect(JSON.parse((await cli('cost', id, '--json')).stdout)).toMatchObject({ soFar: true });
    await bed.stop(id);
    await bed.ended(id);
  }, 200_000);

  test('of a run that nobody knows is not found, and says which', async () => {
    const { code, stdout, stderr } = await cli('cost', 'run-0000000000000000');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('run-0000000000000000');
  });
});

/** States that an execution has entered, which is what is billed. */
async function transitionsOf(executionArn: string): Promise<number> {
  const { url: endpoint, region, clientCredentials: credentials } = bed.cloud;
  const sfn = new SFNClient({ endpoint, region, credentials });
  let entered = 0;
  let nextToken: string | undefined;
  do {
    const page = await sfn.send(new GetExecutionHistoryCommand({ executionArn, nextToken }));
    entered += (page.events ?? []).filter(({ type = '' }) => type.endsWith('StateEntered')).length;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  sfn.destroy();
  return entered;
}
