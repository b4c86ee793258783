import type { ApiTarget } from '#adapters/client/find-api.ts';
import { AppError } from '#contracts/errors.ts';
import { outputs } from '#contracts/settings.ts';
import type { Context } from '../context.ts';
import { checkAccount } from './check-account.ts';
import { checkDocker } from './check-docker.ts';
import { type Finding, fromError, warn } from './finding.ts';

const defaultRegion = 'us-east-1';

/** Docker, and the account: the deployed one, or the one that credentials and region lead to before there is one. */
export async function lookAtAws(context: Context): Promise<Finding[]> {
  const docker = checkDocker(context.env.CDK_DOCKER ?? 'docker');
  const target = await targetOf(context);
  if (target.kind === 'local')
    return [
      docker,
      warn(
        'AWS account',
        'the local cloud runs here, and is asked in its place',
        'stop it, or give --region',
      ),
    ];
  // Each look would fail for this one reason, and say so each time.
  const refused = await target.credentials().then(
    () => undefined,
    (error: unknown) => fromError('fail', 'AWS account', error),
  );
  if (refused) return [docker, { ...refused, fix: 'aws configure sso, aws configure, or --profile NAME' }];
  const { makeAccountFacts } = await import('#adapters/aws/account-facts.ts');
  const made = await target.outputs();
  const topics = { alarms: made[outputs.alarmTopicArn], approvals: made[outputs.approvalsTopicArn] };
  return [docker, ...(await checkAccount(makeAccountFacts(target), { region: target.region, topics }))];
}

async function targetOf({ api, options, env }: Context): Promise<ApiTarget> {
  try {
    return (await api()).target;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'no_api') throw error;
    return notDeployed(options.region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION, options.profile);
  }
}

/** Before the first deployment there is an account, and nothing in it. */
function notDeployed(region = defaultRegion, profile: string | undefined): ApiTarget {
  return {
    kind: 'aws',
    url: '',
    region,
    foundBy: 'credentials and region',
    offlineModel: false,
    async credentials() {
      const { readDefaultCredentials } = await import('#adapters/aws/default-credentials.ts');
      return readDefaultCredentials(profile);
    },
    outputs: async () => ({}),
  };
}
