import { type Check, ok, warn } from './finding.ts';

/** Needed to deploy, and to talk to what is deployed; not for the local cloud. */
export const checkAwsCredentials: Check = async ({ options }) => {
  const { readDefaultCredentials } = await import('#adapters/aws/default-credentials.ts');
  try {
    const { accessKeyId, sessionToken } = await readDefaultCredentials(options.profile);
    return ok(
      'AWS',
      `credentials found: ${accessKeyId.slice(0, 8)}…${sessionToken === undefined ? '' : ', temporary'}`,
    );
  } catch (error) {
    const why = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
    return warn(
      'AWS',
      `no credentials${why}; they are needed to deploy, not to run locally`,
      'aws configure sso, aws configure, or --profile NAME',
    );
  }
};
