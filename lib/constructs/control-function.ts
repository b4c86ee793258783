import type { Duration } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { FunctionVariable } from '#contracts/function-env.ts';
import { metricNamespace, metricService } from '#contracts/metric-names.ts';
import type { Settings } from '#contracts/settings.ts';
import { acknowledgeWildcard } from './acknowledge.ts';
import type { Files } from './build.ts';
import type { FunctionEntry } from './bundles.ts';
import { customerKey } from './customer-key.ts';
import { functionCode } from './function-code.ts';
import { keyUse } from './key-use.ts';
import { Logs } from './logs.ts';

export interface ControlFunctionProps {
  readonly settings: Settings;
  /** The file in `lambdas/`. */
  readonly entry: FunctionEntry;
  /** Files beside its bundle. */
  readonly files?: Files;
  /** What it is for, as the console shows it. */
  readonly description: string;
  readonly timeout: Duration;
  /** @default 512 */
  readonly memoryMiB?: number;
}

/** One of our functions: its bundle, its own role and its own log group. */
export class ControlFunction extends LambdaFunction {
  readonly executionRole: Role;
  readonly logs: LogGroup;
  readonly #key: IKey | undefined;

  constructor(scope: Construct, id: string, props: ControlFunctionProps) {
    const { settings } = props;
    const logs = new Logs(scope, `${id}Logs`, { settings });
    const role = new Role(scope, `${id}Role`, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Muster's ${props.entry} function`,
    });
    super(scope, id, {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: functionCode(props.entry, props.files),
      description: props.description,
      memorySize: props.memoryMiB ?? 512,
      timeout: props.timeout,
      role,
      logGroup: logs.group,
      ...(settings.profile === 'prod' && { tracing: Tracing.ACTIVE }),
      // Powertools writes JSON already; Lambda's own format would wrap it a second time.
      loggingFormat: LoggingFormat.TEXT,
      environment: {
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_SERVICE_NAME: metricService,
        POWERTOOLS_METRICS_NAMESPACE: metricNamespace,
      },
    });
    this.executionRole = role;
    this.logs = logs.group;
    this.#key = customerKey(scope, settings);
    if (settings.profile === 'prod') this.acknowledgeWildcard('*', 'Traces of X-Ray know no resource.');
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logs.group.logGroupArn]);
  }

  /** Sets a variable by a name that functions can read; others would be ignored. */
  give(name: FunctionVariable, value: string): void {
    this.addEnvironment(name, value);
  }

  /** Brings what of the customer's key these calls need, where there is one. */
  allow(actions: string[], resources: string[], conditions?: Record<string, Record<string, unknown>>): void {
    this.executionRole.addToPolicy(
      new PolicyStatement({ actions, resources, ...(conditions && { conditions }) }),
    );
    for (const use of this.#key ? keyUse(this.#key, actions) : []) this.executionRole.addToPolicy(use);
  }

  /** @param resource A wildcard that the function needs, as cdk-nag prints it. */
  acknowledgeWildcard(resource: string, reason: string): void {
    acknowledgeWildcard(this.executionRole, resource, reason);
  }
}
