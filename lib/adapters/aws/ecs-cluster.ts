import { DescribeTasksCommand, ECSClient, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import { type Cluster, type LiveTask, parseStartedBy } from '#core/ports/compute.ts';
import { maxAttempts } from './clients.ts';

/** Not part of `makeEcsTasks`: most functions that stop one task never ask for all. */
export function makeEcsCluster(cluster: string, client = new ECSClient({ maxAttempts })): Cluster {
  /** What a page of the list holds is what one description takes: 100. */
  async function described(desiredStatus: 'RUNNING' | 'STOPPED', nextToken?: string): Promise<Task[]> {
    const page = await client.send(new ListTasksCommand({ cluster, desiredStatus, nextToken }));
    const { taskArns = [] } = page;
    const { tasks = [] } =
      taskArns.length > 0 ? await client.send(new DescribeTasksCommand({ cluster, tasks: taskArns })) : {};
    return page.nextToken ? [...tasks, ...(await described(desiredStatus, page.nextToken))] : tasks;
  }

  return {
    async alive() {
      // A task that was told to stop is listed among the stopped ones, together with those of the last hour.
      const found = await Promise.all([described('RUNNING'), described('STOPPED')]);
      return found.flat().flatMap((task) => toLive(task) ?? []);
    },
  };
}

function toLive({
  taskArn,
  startedBy = '',
  createdAt,
  lastStatus,
  desiredStatus,
}: Task): LiveTask | undefined {
  if (taskArn === undefined || lastStatus === 'STOPPED') return undefined;
  return {
    taskArn,
    startedFor: parseStartedBy(startedBy),
    sinceMs: createdAt?.getTime() ?? 0,
    isToldToStop: desiredStatus === 'STOPPED',
  };
}
