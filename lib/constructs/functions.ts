import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { type Settings, shippedTeamsFile } from '#contracts/settings.ts';
import type { Approvals } from './approvals.ts';
import {
  bindBucket,
  bindQueue,
  bindResponses,
  bindSecret,
  bindTable,
  bindWorkspaces,
  rowActions,
} from './bind.ts';
import { bindRunControl } from './bind-run-control.ts';
import { bindConnections, bindWatchers } from './bind-stream.ts';
import { bindDeliveries } from './bind-webhooks.ts';
import { bindFunctionStarts, bindWorkerChecks, bindWorkerStarts, giveWorkerRoles } from './bind-worker.ts';
import { bindAnnouncements, bindCycleChecks, bindCycleStarts, bindTaskTokens } from './bind-workflow.ts';
import { ControlFunction } from './control-function.ts';
import type { Data } from './data.ts';
import type { FunctionWorker } from './function-worker.ts';
import type { JobQueue } from './job-queue.ts';
import type { Network } from './network.ts';
import type { ProviderKeys } from './provider-keys.ts';
import { bindSchedules, SchedulesFunction } from './schedules-function.ts';
import type { StreamApi } from './stream-api.ts';
import type { WebhookSecret } from './webhook-secret.ts';
import { WebhooksFunction } from './webhooks-function.ts';
import type { Worker } from './worker.ts';

export interface FunctionsProps {
  readonly settings: Settings;
  readonly data: Data;
  readonly network: Network;
  readonly worker: Worker;
  readonly functionWorker: FunctionWorker;
  readonly jobs: JobQueue;
  readonly providerKeys: ProviderKeys;
  readonly approvals: Approvals;
  readonly webhookSecret: WebhookSecret;
  readonly stream: StreamApi;
  /** The teams that come with Muster, as JSON. */
  readonly shippedTeams: string;
}

/** Known before the functions, because the queue's visibility timeout follows from it. */
export const dispatcherTimeout = Duration.seconds(30);

/** The functions of the control plane, each with exactly the rights that it needs. */
export class Functions extends Construct {
  readonly orchestrator: ControlFunction;
  readonly runs: ControlFunction;
  readonly steps: ControlFunction;
  readonly workerApi: ControlFunction;
  readonly dispatcher: ControlFunction;
  readonly reconciler: ControlFunction;
  readonly webhooks: ControlFunction;
  readonly schedules: ControlFunction;
  readonly stream: ControlFunction;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    this.orchestrator = makeOrchestrator(this, props);
    this.runs = makeRuns(this, props);
    this.steps = makeSteps(this, props);
    this.workerApi = makeWorkerApi(this, props);
    this.dispatcher = makeDispatcher(this, props);
    this.reconciler = makeReconciler(this, props);
    this.webhooks = new WebhooksFunction(this, 'Webhooks', props);
    // Where jobs and runs end, or people are asked. Elsewhere it waits for the reconciler.
    for (const fn of [this.steps, this.workerApi, this.reconciler]) bindDeliveries(fn, this.webhooks);
    this.schedules = new SchedulesFunction(this, 'Schedules', props);
    giveRules(this.schedules, props.settings);
    bindSchedules(this.reconciler, this.schedules);
    this.stream = makeStream(this, props);
    // Whatever says something tells those who watch.
    for (const fn of [this.runs, this.steps, this.workerApi, this.reconciler, this.schedules])
      bindWatchers(fn, props.stream, props.data.table);
  }

  /** Those that are there in every deployment. */
  get all(): readonly ControlFunction[] {
    const { orchestrator, runs, steps, workerApi, dispatcher, reconciler, schedules, stream } = this;
    return [orchestrator, runs, steps, workerApi, dispatcher, reconciler, schedules, stream];
  }
}

function makeOrchestrator(scope: Construct, props: FunctionsProps): ControlFunction {
  const { settings, data, worker, functionWorker, jobs } = props;
  const fn = new ControlFunction(scope, 'Orchestrator', {
    settings,
    entry: 'orchestrator',
    description: 'Answers the HTTP API: checks who calls, stores jobs, reads them back',
    // An HTTP API gives up after 30 s; the function must answer before that.
    timeout: Duration.seconds(25),
  });
  bindTable(fn, data.table, {
    actions: [...rowActions, 'Query'],
    indexes: ['listed'],
  });
  bindBucket(fn, data.bucket);
  bindQueue(fn, jobs.queue);
  // The kill switch looks whether all are gone.
  bindWorkerChecks(fn, worker);
  giveWorkerRoles(fn, worker, functionWorker);
  fn.give('ACCESS', JSON.stringify(settings.access));
  fn.give('WORKER_LOG_GROUP', worker.logGroup.logGroupName);
  fn.give('WORKER_LOG_PREFIX', worker.logStreamPrefix);
  fn.give('FUNCTION_WORKER_LOG_GROUP', functionWorker.logGroup.logGroupName);
  giveRules(fn, settings);
  return fn;
}

function makeRuns(scope: Construct, props: FunctionsProps): ControlFunction {
  const { settings, worker, functionWorker } = props;
  const fn = new ControlFunction(scope, 'Runs', {
    settings,
    entry: 'runs',
    files: { [shippedTeamsFile]: props.shippedTeams },
    description: 'Answers the HTTP API for runs, approvals and teams',
    timeout: Duration.seconds(25),
  });
  bindRunControl(fn, props);
  giveWorkerRoles(fn, worker, functionWorker);
  fn.give('ACCESS', JSON.stringify(settings.access));
  giveRules(fn, settings);
  return fn;
}

function makeSteps(scope: Construct, props: FunctionsProps): ControlFunction {
  const { settings, data, jobs, approvals } = props;
  const fn = new ControlFunction(scope, 'Steps', {
    settings,
    entry: 'steps',
    description: 'Does the steps of a cycle: opens it, makes its jobs, asks people, judges, closes it',
    timeout: Duration.seconds(60),
  });
  bindTable(fn, data.table, { actions: [...rowActions, 'Query'] });
  bindBucket(fn, data.bucket);
  bindQueue(fn, jobs.queue);
  bindTaskTokens(fn);
  bindCycleStarts(fn);
  bindAnnouncements(fn, approvals.topic);
  giveRules(fn, settings);
  return fn;
}

function makeWorkerApi(scope: Construct, props: FunctionsProps): ControlFunction {
  const { settings, data, worker, functionWorker, jobs, providerKeys } = props;
  const fn = new ControlFunction(scope, 'WorkerApi', {
    settings,
    entry: 'worker-api',
    description: 'Answers workers: start, heartbeat, turn, events, uploads, finish',
    timeout: Duration.seconds(25),
  });
  bindTable(fn, data.table, { actions: [...rowActions, 'Query'] });
  bindBucket(fn, data.bucket);
  bindWorkspaces(fn, data.bucket);
  bindResponses(fn, data.bucket);
  bindQueue(fn, jobs.queue);
  bindSecret(fn, providerKeys.secret);
  bindTaskTokens(fn);
  giveWorkerRoles(fn, worker, functionWorker);
  giveRules(fn, settings);
  return fn;
}

function makeDispatcher(scope: Construct, props: FunctionsProps): ControlFunction {
  const { settings, data, network, worker, functionWorker, jobs } = props;
  const fn = new ControlFunction(scope, 'Dispatcher', {
    settings,
    entry: 'dispatcher',
    description: 'Claims the next job and starts its worker',
    timeout: dispatcherTimeout,
    memoryMiB: 256,
  });
  bindTable(fn, data.table, { actions: rowActions, indexes: ['queued'] });
  bindQueue(fn, jobs.queue);
  bindWorkerStarts(fn, worker, network);
  bindFunctionStarts(fn, functionWorker);
  fn.give('SPOT', String(settings.spot));
  fn.give('EXEC', String(settings.exec));
  jobs.consumeWith(fn);
  giveRules(fn, settings);
  return fn;
}

function makeReconciler(scope: Construct, props: FunctionsProps): ControlFunction {
  const { settings, data, worker, jobs, approvals } = props;
  const fn = new ControlFunction(scope, 'Reconciler', {
    settings,
    entry: 'reconciler',
    description: 'Every minute: finishes what was left undone, and ends what died',
    // Below its period, so that one pass is over before the next begins.
    timeout: Duration.seconds(55),
  });
  bindTable(fn, data.table, {
    actions: [...rowActions, 'Query'],
    indexes: ['due', 'queued'],
  });
  bindBucket(fn, data.bucket);
  bindQueue(fn, jobs.queue);
  bindTaskTokens(fn);
  bindCycleStarts(fn);
  bindCycleChecks(fn);
  bindAnnouncements(fn, approvals.topic);
  bindWorkerChecks(fn, worker);
  giveRules(fn, settings);
  return fn;
}

function makeStream(scope: Construct, { settings, data, worker, functionWorker, stream }: FunctionsProps) {
  const fn = new ControlFunction(scope, 'Stream', {
    settings,
    entry: 'stream',
    description: 'Answers the WebSocket API: who watches what, and what they have missed',
    // A WebSocket API gives up after 29 s.
    timeout: Duration.seconds(25),
    memoryMiB: 256,
  });
  bindTable(fn, data.table, { actions: ['GetItem', 'Query'] });
  bindConnections(fn, stream, data.table);
  giveWorkerRoles(fn, worker, functionWorker);
  fn.give('ACCESS', JSON.stringify(settings.access));
  fn.give('TIMINGS', JSON.stringify(settings.timings));
  return fn;
}

/** Numbers that every use case may need; they carry no right. */
function giveRules(fn: ControlFunction, settings: Settings): void {
  fn.give('TIMINGS', JSON.stringify(settings.timings));
  fn.give('MAX_CONCURRENT_WORKERS', String(settings.maxConcurrentWorkers));
  fn.give('MAX_CONCURRENT_FUNCTIONS', String(settings.maxConcurrentFunctions));
  fn.give('FORCE_FARGATE', String(settings.forceFargate));
  // Until machines can join, no worker in AWS reaches a server that somebody has at home.
  fn.give('SELF_HOSTED_MODELS', 'false');
  fn.give('LOOPBACK_WEBHOOKS', 'false');
  fn.give('JOB_BUDGET_USD', String(settings.jobBudgetUsd));
  fn.give('PROJECT_MONTH_BUDGET_USD', String(settings.projectMonthBudgetUsd));
}
