import {
  CloudFormationClient,
  CloudFormationServiceException,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { stackName } from '#contracts/settings.ts';
import { providerChain } from './default-credentials.ts';

export type StackAnswer =
  | { found: true; outputs: Record<string, string> }
  | { found: false; why: string; cause: unknown };

/** The outputs of the deployed stack, or why there are none to be had. */
export async function readStackOutputs(place: {
  region: string | undefined;
  profile: string | undefined;
}): Promise<StackAnswer> {
  const client = new CloudFormationClient({
    ...(place.region === undefined ? {} : { region: place.region }),
    credentials: providerChain(place.profile),
    maxAttempts: 2,
  });
  try {
    await client.config.region().catch((cause: unknown) => {
      throw new NothingSet('no AWS region is set to look for a deployed one', { cause });
    });
    await client.config.credentials().catch((cause: unknown) => {
      const whose = place.profile === undefined ? '' : ` of the profile "${place.profile}"`;
      throw new NothingSet(`there are no AWS credentials${whose} to look for a deployed one`, { cause });
    });
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    const entries = (Stacks[0]?.Outputs ?? []).flatMap(({ OutputKey, OutputValue }) =>
      OutputKey !== undefined && OutputValue !== undefined ? [[OutputKey, OutputValue] as const] : [],
    );
    return { found: true, outputs: Object.fromEntries(entries) };
  } catch (cause) {
    return { found: false, why: describe(cause, place.region), cause };
  } finally {
    client.destroy();
  }
}

class NothingSet extends Error {}

function describe(cause: unknown, region: string | undefined): string {
  const where = region === undefined ? 'in AWS' : `in ${region}`;
  if (cause instanceof CloudFormationServiceException) {
    if (cause.name === 'ValidationError') return `no stack "${stackName}" is deployed ${where}`;
    return `the stack "${stackName}" cannot be read ${where} (${cause.name}: ${cause.message})`;
  }
  if (cause instanceof NothingSet) return cause.message;
  const message = cause instanceof Error ? cause.message : 'unknown reason';
  return `the stack "${stackName}" cannot be read ${where} (${message})`;
}
