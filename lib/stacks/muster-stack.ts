import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { outputs, type Settings } from '#contracts/settings.ts';
import type { TeamDocument } from '#contracts/team.ts';
import { AccountBudget } from '../constructs/account-budget.ts';
import { Approvals } from '../constructs/approvals.ts';
import { CycleMachine } from '../constructs/cycle-machine.ts';
import { Data } from '../constructs/data.ts';
import { FunctionWorker } from '../constructs/function-worker.ts';
import { dispatcherTimeout, Functions } from '../constructs/functions.ts';
import { HttpApi } from '../constructs/http-api.ts';
import { JobQueue } from '../constructs/job-queue.ts';
import { LookInside } from '../constructs/look-inside.ts';
import { ModelAccess } from '../constructs/model-access.ts';
import { Monitoring } from '../constructs/monitoring.ts';
import { Network } from '../constructs/network.ts';
import { OnCall } from '../constructs/on-call.ts';
import { ProviderKeys } from '../constructs/provider-keys.ts';
import { ReconcilerRules } from '../constructs/reconciler-rules.ts';
import { StreamApi } from '../constructs/stream-api.ts';
import { WebhookSecret } from '../constructs/webhook-secret.ts';
import { Worker } from '../constructs/worker.ts';

export interface MusterStackProps {
  readonly settings: Settings;
  /** The teams that come with Muster. */
  readonly teams: readonly TeamDocument[];
}

/** All that a deployment is made of. It names no account and no region: it goes where it is deployed to. */
export class MusterStack extends Stack {
  constructor(scope: Construct, id: string, props: MusterStackProps) {
    const { settings, teams } = props;
    super(scope, id, {
      description: 'Muster: teams of AI agents in your own account',
      terminationProtection: settings.profile === 'prod',
    });
    const data = new Data(this, 'Data', { settings });
    const network = new Network(this, 'Network', { settings });
    const providerKeys = new ProviderKeys(this, 'ProviderKeys', { settings });
    const webhookSecret = new WebhookSecret(this, 'WebhookSecret', { settings });
    const jobs = new JobQueue(this, 'Jobs', { settings, consumerTimeout: dispatcherTimeout });
    const api = new HttpApi(this, 'Api', { settings });
    const stream = new StreamApi(this, 'Stream', { settings });
    const worker = new Worker(this, 'Worker', { settings, network, api });
    const functionWorker = new FunctionWorker(this, 'FunctionWorker', { settings, api });
    const approvals = new Approvals(this, 'Approvals', { settings });
    const functions = new Functions(this, 'Functions', {
      settings,
      data,
      network,
      worker,
      functionWorker,
      jobs,
      providerKeys,
      approvals,
      webhookSecret,
      stream,
      shippedTeams: JSON.stringify(teams),
    });
    const cycles = new CycleMachine(this, 'Cycles', { settings, steps: functions.steps });
    new ModelAccess(this, 'ModelAccess', { lender: functions.workerApi });
    api.route(functions);
    stream.route(functions.stream);
    new ReconcilerRules(this, 'Rules', { reconciler: functions.reconciler, cluster: worker.cluster });
    const logGroups = [...functions.all.map(({ logs }) => logs), worker.logGroup, functionWorker.logGroup];
    const monitoring = new Monitoring(this, 'Monitoring', {
      settings,
      deadLetters: jobs.deadLetters,
      api,
      cycles: cycles.machine,
      logGroups,
    });
    new OnCall(this, 'OnCall', { api, logGroups });
    if (settings.exec) new LookInside(this, 'LookInside', { settings, api, worker });
    if (settings.accountBudgetUsd !== undefined)
      new AccountBudget(this, 'AccountBudget', {
        usdPerMonth: settings.accountBudgetUsd,
        dispatcher: functions.dispatcher,
        topic: monitoring.topic,
      });

    this.#publish({
      apiUrl: api.url,
      streamUrl: stream.url,
      region: this.region,
      tableName: data.table.tableName,
      bucketName: data.bucket.bucketName,
      queueUrl: jobs.queue.queueUrl,
      deadLetterQueueUrl: jobs.deadLetters.queueUrl,
      clusterName: worker.cluster.clusterName,
      providerSecretName: providerKeys.secret.secretName,
      workerLogGroup: worker.logGroup.logGroupName,
      alarmTopicArn: monitoring.topic.topicArn,
      approvalsTopicArn: approvals.topic.topicArn,
      cycleMachineArn: cycles.machine.stateMachineArn,
    });
  }

  #publish(values: Record<keyof typeof outputs, string>): void {
    for (const [key, name] of Object.entries(outputs)) {
      new CfnOutput(this, name, { value: values[key as keyof typeof outputs] });
    }
  }
}
