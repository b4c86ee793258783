import type { JobRow } from '#contracts/job-row.ts';
import type { JobLinks } from '#contracts/job-view.ts';

export interface LinkPlace {
  logGroup: string;
  /** `<prefix>/<container>`: awslogs adds the task id. */
  logPrefix: string;
  /** Of workers in functions, whose streams hold several jobs: lines are found by the job's id. */
  functionLogGroup: string;
  uri(key: string): string;
}

/** Where to look further. The console address is left out where the task is not one of a real account. */
export function toJobLinks(row: JobRow, place: LinkPlace): JobLinks {
  const s3Uri = row.result ? { s3Uri: place.uri(row.result.key) } : {};
  if (!row.taskArn) return s3Uri;
  if (row.lane === 'function') return { taskArn: row.taskArn, logGroup: place.functionLogGroup, ...s3Uri };
  const taskId = row.taskArn.slice(row.taskArn.lastIndexOf('/') + 1);
  return {
    ...consoleOf(row.taskArn, taskId),
    taskArn: row.taskArn,
    logGroup: place.logGroup,
    logStream: `${place.logPrefix}/${taskId}`,
    ...s3Uri,
  };
}

/** The account number of the local cloud; its tasks have no page in the AWS console. */
const localAccount = '000000000000';

function consoleOf(taskArn: string, taskId: string): Pick<JobLinks, 'console'> {
  const [, , , region, account, resource = ''] = taskArn.split(':');
  const cluster = resource.split('/')[1];
  if (!region || !cluster || account === localAccount) return {};
  return {
    console: `https://${region}.console.aws.amazon.com/ecs/v2/clusters/${cluster}/tasks/${taskId}/logs?region=${region}`,
  };
}
