import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { cycleDefinition, cycleMachineName } from '#contracts/cycle-definition.ts';
import type { Settings } from '#contracts/settings.ts';
import { acknowledgeWildcard } from './acknowledge.ts';
import type { ControlFunction } from './control-function.ts';
import { Logs } from './logs.ts';

export interface CycleMachineProps {
  readonly settings: Settings;
  readonly steps: ControlFunction;
}

/** A cycle of a run: planning, execution, review, as `cycle-definition.ts` says it. */
export class CycleMachine extends Construct {
  readonly machine: StateMachine;

  constructor(scope: Construct, id: string, props: CycleMachineProps) {
    super(scope, id);
    const { settings, steps } = props;
    const isProd = settings.profile === 'prod';
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com'),
      description: 'Muster: cycles of runs',
    });
    role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [steps.functionArn] }),
    );
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: cycleMachineName,
      comment: 'Muster: one cycle of a run',
      definitionBody: DefinitionBody.fromString(
        Stack.of(this).toJsonString(cycleDefinition(steps.functionArn)),
      ),
      role,
      removalPolicy: RemovalPolicy.DESTROY,
      // Log delivery costs nothing while nothing runs; what it writes in prod is every step, without its data.
      ...(isProd && {
        logs: {
          destination: new Logs(this, 'Logs', { settings }).group,
          level: LogLevel.ALL,
          includeExecutionData: false,
        },
        tracingEnabled: true,
      }),
    });
    if (isProd) acknowledgeLogs(role);
    else acknowledge(this.machine);
    this.#closeWhatBreaksOff(steps);
  }

  /** `States.ALL` does not catch everything: whatever ends without Close is closed from here. */
  #closeWhatBreaksOff(steps: ControlFunction): void {
    new Rule(this, 'BrokeOff', {
      description: 'Muster closes cycles whose execution ended without doing it',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [this.machine.stateMachineArn],
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
        },
      },
      targets: [new LambdaFunction(steps, { retryAttempts: 3, maxEventAge: Duration.minutes(30) })],
    });
  }
}

function acknowledge(machine: StateMachine): void {
  const reason = 'Development: the rows and the console show every step. The prod profile logs and traces.';
  for (const id of ['AwsSolutions-SF1', 'AwsSolutions-SF2'])
    Validations.of(machine).acknowledge({ id, reason });
}

function acknowledgeLogs(role: Role): void {
  acknowledgeWildcard(
    role,
    '*',
    'Log delivery and X-Ray know no resource; Step Functions needs them for logs and traces.',
  );
}
