import { Aws } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge.ts';
import type { HttpApi } from './http-api.ts';

export interface WorkerRolesProps {
  /** The control plane: all that a worker may call. */
  readonly api: HttpApi;
}

/** What a worker may do, and what ECS may do to start one. */
export class WorkerRoles extends Construct {
  /** The worker's own: it reaches nothing in this account but the worker protocol, which hands out what it needs. */
  readonly task: Role;
  /** ECS's: pulls the image and opens the log stream; the container never sees it. CDK adds its rights. */
  readonly execution: Role;

  constructor(scope: Construct, id: string, props: WorkerRolesProps) {
    super(scope, id);
    this.task = makeRole(this, 'Task', 'A worker: calls /worker/* of the control plane, nothing else');
    allowWorkerCalls(this.task, props.api);
    this.execution = makeRole(this, 'Execution', 'Starts workers: pulls the image, opens the log stream');
    acknowledgeWildcard(
      this.execution,
      '*',
      'ecr:GetAuthorizationToken knows no resource. The other rights name the repository and the log group.',
    );
  }
}

/**
 * What ECS Exec needs of the role of the task that people look into: its agent opens the channel, writes down what is
 * typed and said, and decrypts the session.
 */
export function allowShell(role: Role, audit: ILogGroup, key: IKey | undefined): void {
  const channels = ['Control', 'Data'].flatMap((kind) => [`Create${kind}Channel`, `Open${kind}Channel`]);
  const allow = (actions: string[], resource: string) =>
    role.addToPolicy(new PolicyStatement({ actions, resources: [resource] }));
  allow([...channels.map((name) => `ssmmessages:${name}`), 'logs:DescribeLogGroups'], '*');
  allow(['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'], audit.logGroupArn);
  if (key) allow(['kms:Decrypt'], key.keyArn);
  acknowledgeWildcard(role, '*', 'The channels of ECS Exec, and the list of log groups, know no resource.');
}

/** Only ECS, only for this account's tasks: otherwise another account's ECS could be talked into using the role. */
function makeRole(scope: Construct, id: string, description: string): Role {
  return new Role(scope, id, {
    description,
    assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  });
}

/** The worker protocol and nothing else: what a worker may do in every lane. */
export function allowWorkerCalls(role: Role, api: HttpApi): void {
  const workerCalls = api.callArn('POST', '/worker/*');
  const actions = ['execute-api:Invoke'];
  role.addToPolicy(new PolicyStatement({ actions, resources: [workerCalls] }));
  // Holds even if somebody attaches a broader policy: a worker can never approve its own work.
  role.addToPolicy(new PolicyStatement({ effect: Effect.DENY, actions, notResources: [workerCalls] }));
  acknowledgeWildcard(
    role,
    api.callPattern('POST', '/worker/*'),
    'All calls of the worker protocol, in every stage of this one API.',
  );
}
