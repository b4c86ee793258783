import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiClient, makeApiClient } from '#adapters/client/api-client.ts';
import { findApi } from '#adapters/client/find-api.ts';
import { readClientEnvironment } from '#adapters/env.ts';
import { footprintOf, logBytesIn } from './demo/footprint.ts';
import { runJob } from './demo/run-job.ts';
import { runTeam } from './demo/run-team.ts';
import { tellNext, tellReceipt, tellRequest } from './demo/tell-rest.ts';
import { makeTeller, type Teller } from './demo/teller.ts';
import { costBound } from './job/cost-bound.ts';
import { keysOfEnvironment } from './local/provider-secret.ts';
import { type RunningCloud, startCloud } from './local/start-cloud.ts';
import { makeOutput } from './output.ts';
import { interruptedExitCode, reportError } from './report-error.ts';
import { stopSignal } from './stop-signals.ts';

const echo = { type: 'echo', payload: { message: 'Hello, Muster' } };
const chat = {
  type: 'chat',
  model: 'claude-haiku-5-5',
  maxTokens: 200,
  // A key that does not work should show soon.
  maxAttempts: 1,
  timeoutSeconds: 60,
  payload: { prompt: 'In two sentences: what is a serverless job runner good for?' },
};

/** The tour: a local cloud of its own, two jobs, a team's run, the receipt, and what to type next. */
async function demo(keep: boolean, signal: AbortSignal): Promise<number> {
  const tell = makeTeller();
  const dataDir = mkdtempSync(join(tmpdir(), 'muster-demo-'));
  let running: RunningCloud | undefined;
  try {
    tellFirst(tell);
    running = await startCloud({
      dataDir,
      port: 0,
      signal,
      onStep: (step) => tell.out.progress.say(step),
    });
    tell.out.progress.stop();
    tellStarted(tell, running, dataDir);
    const api = makeApiClient(await findApi({ dataDir }, {}));
    const succeeded = await runJobs(tell, api, running, signal);
    tellRequest(tell);
    tellNext(tell, running.offlineModel);
    return succeeded ? 0 : 1;
  } finally {
    await running?.close();
    if (keep) tell.plain(`\nKept: ${dataDir}`);
    else rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
  }
}

function tellFirst(tell: Teller): void {
  const hasKey = keysOfEnvironment().anthropic !== undefined;
  tell.plain('Muster on this machine: the stack that `cdk deploy` would deploy, and jobs through it.');
  const real = `A key for Anthropic is set: the chat is real.\n${costBound(chat, false) ?? ''}`;
  const offline =
    'No model key is set, so an offline model answers: its words are prewritten. All else is real.';
  tell.plain(hasKey ? real : offline);
}

function tellStarted(tell: Teller, { url }: RunningCloud, dataDir: string): void {
  const template = JSON.parse(readFileSync(join(dataDir, 'cdk.out', 'Muster.template.json'), 'utf8')) as {
    Resources: object;
  };
  tell.step('Synthesized the stack (bin/app.ts) and started it', tell.sinceLast());
  tell.line(`${Object.keys(template.Resources).length} resources at one address: ${url}`);
  tell.line('It speaks the protocols of API Gateway, Lambda, DynamoDB, SQS, S3, ECS and more.');
}

/** Then the agent's words are prewritten, and nothing runs that this repository does not bring. */
function hasNoKey(): boolean {
  return Object.keys(keysOfEnvironment()).length === 0;
}

function tellLeftOut(tell: Teller): void {
  tell.step('Left out, because a key is set: a team that repairs a library');
  tell.line('It would cost money, and a model would choose what runs here: examples/fix-the-tests');
}

async function runJobs(tell: Teller, api: ApiClient, { cloud, dataDir }: RunningCloud, signal: AbortSignal) {
  const jobs = [await runJob(tell, api, echo, signal), await runJob(tell, api, chat, signal)];
  const team = hasNoKey() ? await runTeam(tell, api, signal) : undefined;
  if (!team) tellLeftOut(tell);
  const all = [...jobs, ...(team?.jobs ?? [])];
  tellReceipt(tell, footprintOf(all, cloud.calls(), logBytesIn(dataDir)), api.target.offlineModel);
  return (
    all.every(({ status }) => status === 'SUCCEEDED') && (team?.run.status ?? 'SUCCEEDED') === 'SUCCEEDED'
  );
}

// Cleaning up takes three seconds at most, and a second Ctrl-C must not leave a worker behind.
const stop = stopSignal({ force: false });
try {
  process.exitCode = await demo(process.argv.includes('--keep'), stop);
} catch (error) {
  const out = makeOutput({ json: false, noColor: readClientEnvironment().NO_COLOR !== undefined });
  process.exitCode = stop.aborted ? interruptedExitCode : reportError(error, out);
  if (stop.aborted) out.note('Stopped; nothing is left running.');
}
