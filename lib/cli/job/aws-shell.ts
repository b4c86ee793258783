import * as z from 'zod';
import type { ApiTarget } from '#adapters/client/find-api.ts';
import { callJsonService } from '#adapters/client/json-service.ts';
import { AppError } from '#contracts/errors.ts';
import { workerContainerName } from '#contracts/settings.ts';
import { askTool } from '../doctor/check-docker.ts';
import type { RunningWorker, Shell } from './shell.ts';

const described = z.object({
  tasks: z.array(
    z.object({
      enableExecuteCommand: z.boolean().default(false),
      containers: z
        .array(
          z.object({
            managedAgents: z.array(z.object({ name: z.string(), lastStatus: z.string() })).default([]),
          }),
        )
        .default([]),
    }),
  ),
});

export interface AwsShellOptions {
  command?: string | undefined;
  profile?: string | undefined;
}

/**
 * ECS Exec, by the AWS CLI: the way to the container is encrypted by a protocol that its plugin alone speaks.
 *
 * @throws AppError that says which of its conditions is not met, and what meets it
 */
export async function awsShell(
  target: ApiTarget,
  { job, taskArn }: RunningWorker,
  { command = '/bin/bash', profile }: AwsShellOptions,
): Promise<Shell> {
  const cluster = taskArn.split('/').at(-2) ?? '';
  await requireOpen(target, { id: job.id, cluster, taskArn });
  requireTools();
  const args = ['ecs', 'execute-command', '--cluster', cluster, '--task', taskArn];
  args.push('--container', workerContainerName, '--interactive', '--command', command);
  args.push('--region', target.region);
  if (profile !== undefined) args.push('--profile', profile);
  if (target.endpointUrl !== undefined) args.push('--endpoint-url', target.endpointUrl);
  const says = `Root in the worker's container, attempt ${job.attempt}; all of it is written down. The workspace is /workspace/work.`;
  return { file: 'aws', args, says };
}

async function requireOpen(
  target: ApiTarget,
  { id, cluster, taskArn }: { id: string; cluster: string; taskArn: string },
): Promise<void> {
  const { tasks } = await callJsonService(target, {
    service: 'ecs',
    operation: 'AmazonEC2ContainerServiceV20141113.DescribeTasks',
    input: { cluster, tasks: [taskArn] },
    reply: described,
  });
  const [task] = tasks;
  if (!task)
    throw new AppError('unavailable', `ECS does not know the task of job ${id} any more`, {
      remedy: `look at the job: muster job show ${id}`,
    });
  if (!task.enableExecuteCommand)
    throw new AppError('forbidden', `the worker of job ${id} was started without ECS Exec`, {
      remedy:
        'deploy with {"exec": true} (docs/security.md says what that opens); it holds for workers that start afterwards',
    });
  const agent = task.containers.flatMap(({ managedAgents }) => managedAgents)[0];
  if (agent && agent.lastStatus !== 'RUNNING')
    throw new AppError('unavailable', `the agent of ECS Exec in job ${id} is ${agent.lastStatus}`, {
      remedy: 'try again in some seconds; if it stays so, the worker cannot reach Systems Manager',
    });
}

const tools = [
  {
    name: 'aws',
    what: 'the AWS CLI',
    page: 'https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html',
  },
  {
    name: 'session-manager-plugin',
    what: "the AWS CLI's session manager plugin",
    page: 'https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html',
  },
] as const;

function requireTools(): void {
  for (const { name, what, page } of tools)
    if (askTool(name, ['--version']) === undefined)
      throw new AppError('invalid_request', `${what} is not installed: ${name} does not run`, {
        remedy: `install it: ${page}`,
      });
}
