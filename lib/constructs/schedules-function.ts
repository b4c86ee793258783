import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import { type Settings, shippedTeamsFile } from '#contracts/settings.ts';
import { bindAlarms, bindSpending } from './bind-alarms.ts';
import { bindRunControl } from './bind-run-control.ts';
import { giveWorkerRoles } from './bind-worker.ts';
import { ControlFunction } from './control-function.ts';
import type { Data } from './data.ts';
import type { FunctionWorker } from './function-worker.ts';
import type { JobQueue } from './job-queue.ts';
import type { ProviderKeys } from './provider-keys.ts';
import type { Worker } from './worker.ts';

export interface SchedulesFunctionProps {
  readonly settings: Settings;
  readonly data: Data;
  readonly worker: Worker;
  readonly functionWorker: FunctionWorker;
  readonly jobs: JobQueue;
  readonly providerKeys: ProviderKeys;
  /** The teams that come with Muster, as JSON. */
  readonly shippedTeams: string;
}

/**
 * Starts what schedules start, when the reconciler says that they are due, and answers the routes for them. It may
 * do what starting and stopping runs and jobs needs, and so no less than the API for runs.
 */
export class SchedulesFunction extends ControlFunction {
  constructor(scope: Construct, id: string, props: SchedulesFunctionProps) {
    const { settings, worker, functionWorker } = props;
    super(scope, id, {
      settings,
      entry: 'schedules',
      files: { [shippedTeamsFile]: props.shippedTeams },
      description: 'Starts what is scheduled, and answers the HTTP API for schedules',
      // Below `tickLeaseSeconds`: who begins a start again must be alone.
      timeout: Duration.seconds(60),
    });
    bindRunControl(this, props);
    bindAlarms(this);
    bindSpending(this);
    giveWorkerRoles(this, worker, functionWorker);
    this.give('ACCESS', JSON.stringify(settings.access));
    // What the reconciler hands over never fails here, for it is still due; an alarm's event is not.
    this.configureAsyncInvoke({ retryAttempts: 2, maxEventAge: Duration.minutes(5) });
    new Rule(this, 'AlarmChanged', {
      description:
        'Muster hears of alarms: schedules that they start, and runs that wait until they are over',
      eventPattern: {
        source: ['aws.cloudwatch'],
        detailType: ['CloudWatch Alarm State Change'],
        detail: { state: { value: ['ALARM', 'OK'] } },
      },
      targets: [new LambdaFunction(this, { retryAttempts: 3, maxEventAge: Duration.minutes(5) })],
    });
  }
}

/** Having schedules brought forward: calling the one function that starts what they start. */
export function bindSchedules(fn: ControlFunction, schedules: ControlFunction): void {
  fn.give('SCHEDULES_FUNCTION_ARN', schedules.functionArn);
  fn.allow(['lambda:InvokeFunction'], [schedules.functionArn]);
}
