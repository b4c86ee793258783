import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import * as z from 'zod';
import { AppError } from '#contracts/errors.ts';
import type { ApiTarget } from '../client/find-api.ts';
import { callJsonService } from '../client/json-service.ts';
import { signedFetch } from '../control/sigv4.ts';

/** What `muster doctor --aws` asks of an account. Each may fail on its own. */
export interface AccountFacts {
  /** Of `cdk bootstrap` in this region; undefined where it was never run. */
  bootstrapVersion(): Promise<number | undefined>;
  /** Whether ECS has its own role here: it makes it with the first cluster, and is too fast for itself then. */
  hasEcsRole(): Promise<boolean>;
  /** vCPUs of Fargate at once. */
  fargateVcpus(): Promise<number>;
  /** Functions at once, in the whole account. */
  lambdaConcurrency(): Promise<number>;
  /** Addresses that have not confirmed yet that they want to hear the topic. */
  unconfirmed(topicArn: string): Promise<string[]>;
}

type Place = Pick<ApiTarget, 'region' | 'credentials' | 'endpointUrl'>;

const bootstrapParameter = '/cdk-bootstrap/hnb659fds/version';
/** Fargate On-Demand vCPU resource count. */
const fargateQuota = { ServiceCode: 'fargate', QuotaCode: 'L-3032A538' };

export function makeAccountFacts(target: ApiTarget): AccountFacts {
  return {
    bootstrapVersion: () => bootstrapVersion(target),
    hasEcsRole: () => hasEcsRole(target),
    fargateVcpus: () => fargateVcpus(target),
    lambdaConcurrency: () => lambdaConcurrency(target),
    unconfirmed: (topicArn) => unconfirmed(target, topicArn),
  };
}

async function bootstrapVersion(target: ApiTarget): Promise<number | undefined> {
  const reply = z.object({ Parameter: z.object({ Value: z.coerce.number() }) });
  try {
    const found = await callJsonService(target, {
      service: 'ssm',
      operation: 'AmazonSSM.GetParameter',
      input: { Name: bootstrapParameter },
      reply,
    });
    return found.Parameter.Value;
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return undefined;
    throw error;
  }
}

/** By one signed call: IAM is in one place for all regions, and speaks the query protocol. */
async function hasEcsRole({ region, credentials, endpointUrl }: Place): Promise<boolean> {
  const isChina = region.startsWith('cn-');
  const response = await signedFetch({
    url: endpointUrl ?? (isChina ? 'https://iam.cn-north-1.amazonaws.com.cn/' : 'https://iam.amazonaws.com/'),
    method: 'POST',
    body: 'Action=GetRole&RoleName=AWSServiceRoleForECS&Version=2010-05-08',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    credentials: await credentials(),
    region: isChina ? 'cn-north-1' : 'us-east-1',
    service: 'iam',
    signal: AbortSignal.timeout(20_000),
  });
  await response.body?.cancel();
  if (response.ok) return true;
  if (response.status === 404) return false;
  throw new AppError(response.status === 403 ? 'forbidden' : 'unavailable', `IAM answers ${response.status}`);
}

async function fargateVcpus(target: ApiTarget): Promise<number> {
  const reply = z.object({ Quota: z.object({ Value: z.number() }) });
  const { Quota } = await callJsonService(target, {
    service: 'servicequotas',
    operation: 'ServiceQuotasV20190624.GetServiceQuota',
    input: fargateQuota,
    reply,
  });
  return Quota.Value;
}

function configOf({ region, credentials, endpointUrl }: Place) {
  return { region, credentials, ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }) };
}

async function lambdaConcurrency(target: ApiTarget): Promise<number> {
  const { AccountLimit } = await new LambdaClient(configOf(target)).send(new GetAccountSettingsCommand({}));
  const limit = AccountLimit?.ConcurrentExecutions;
  if (limit === undefined) throw new AppError('internal', 'Lambda does not say how many functions may run');
  return limit;
}

/** The first page: a topic of alarms has a few subscriptions. */
async function unconfirmed(target: ApiTarget, TopicArn: string): Promise<string[]> {
  const client = new SNSClient(configOf(target));
  const { Subscriptions = [] } = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
  return Subscriptions.flatMap(({ SubscriptionArn, Endpoint }) =>
    SubscriptionArn === 'PendingConfirmation' && Endpoint ? [Endpoint] : [],
  );
}
