import { Duration } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { functionEventAgeSeconds } from '#contracts/function-call.ts';
import { functionWorkerId, type Settings } from '#contracts/settings.ts';
import { workerEnvironment } from '#contracts/worker-environment.ts';
import { ControlFunction } from './control-function.ts';
import type { HttpApi } from './http-api.ts';
import { allowWorkerCalls } from './worker-roles.ts';

export interface FunctionWorkerProps {
  readonly settings: Settings;
  /** The control plane: all that a worker may call. */
  readonly api: HttpApi;
}

/**
 * The worker for jobs that need no sandbox. Not in the VPC: it has to reach models, and would need a NAT there.
 * How many run at once is up to the dispatcher's slots; reserved concurrency would take it away from the account.
 */
export class FunctionWorker extends Construct {
  readonly function: ControlFunction;
  readonly role: Role;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: FunctionWorkerProps) {
    super(scope, id);
    const { settings, api } = props;
    this.function = new ControlFunction(this, 'Function', {
      settings,
      entry: 'function-worker',
      description: 'Does one attempt of a job that needs no sandbox, or a slice of it',
      timeout: Duration.seconds(settings.timings.functionSeconds),
    });
    // Known beforehand, because the local cloud lets workers' keys open the worker protocol only.
    (this.function.node.defaultChild as CfnFunction).overrideLogicalId(functionWorkerId);
    this.role = this.function.executionRole;
    this.logGroup = this.function.logs;
    allowWorkerCalls(this.role, api);
    this.function.addEnvironment(workerEnvironment.apiUrl, api.url);
    // The job's row decides what is tried again. What is not started within a minute is started anew from there.
    this.function.configureAsyncInvoke({
      retryAttempts: 0,
      maxEventAge: Duration.seconds(functionEventAgeSeconds),
    });
  }
}
