import type { AccountFacts } from '#adapters/aws/account-facts.ts';
import { type Finding, fail, fromError, ok, warn } from './finding.ts';

/** What version of `cdk bootstrap` the toolkit in package.json wants. */
const bootstrapVersionMin = 6;
/** Of containers, as long as settings say nothing else: one vCPU each. */
const workersDefault = 6;
/** Workers in functions, and the control plane beside them. */
const functionsWanted = 20;

export interface AccountPlace {
  region: string;
  /** Of the deployed stack: names of topics by what they are for. */
  topics: Readonly<Record<string, string | undefined>>;
}

/** All that `doctor --aws` looks at, one after the other; each finding stands alone. */
export async function checkAccount(facts: AccountFacts, place: AccountPlace): Promise<Finding[]> {
  const findings: Finding[] = [ok('region', place.region)];
  findings.push(await found('bootstrap', () => bootstrap(facts, place)));
  findings.push(await found('ECS', () => ecsRole(facts)));
  findings.push(await found('Fargate', () => fargate(facts)));
  findings.push(await found('Lambda', () => lambda(facts)));
  for (const [name, arn] of Object.entries(place.topics))
    if (arn !== undefined) findings.push(await found(name, () => subscribers(facts, name, arn)));
  return findings;
}

/** An account may forbid to look: that is no fault of the deployment. */
async function found(what: string, look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    return fromError('warn', what, error);
  }
}

async function bootstrap(facts: AccountFacts, { region }: AccountPlace): Promise<Finding> {
  const version = await facts.bootstrapVersion();
  const fix = 'npx cdk bootstrap';
  if (version === undefined) return fail('bootstrap', `never done in ${region}`, fix);
  return version < bootstrapVersionMin
    ? fail('bootstrap', `version ${version}, and ${bootstrapVersionMin} is needed`, fix)
    : ok('bootstrap', `version ${version}`);
}

async function ecsRole(facts: AccountFacts): Promise<Finding> {
  if (await facts.hasEcsRole()) return ok('ECS', 'has its service-linked role');
  const fix = 'aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com';
  return warn(
    'ECS',
    'was never used in this account: the first deployment may fail before ECS can use its own role',
    fix,
  );
}

async function fargate(facts: AccountFacts): Promise<Finding> {
  const vcpus = await facts.fargateVcpus();
  const seen = `${vcpus} vCPUs at once, so ${vcpus} workers of the default size`;
  if (vcpus < workersDefault)
    return warn('Fargate', seen, 'ask for more (quota L-3032A538), or set maxConcurrentWorkers lower');
  return ok('Fargate', seen);
}

async function lambda(facts: AccountFacts): Promise<Finding> {
  const concurrency = await facts.lambdaConcurrency();
  const seen = `${concurrency} functions at once in this account`;
  if (concurrency < functionsWanted)
    return warn('Lambda', seen, 'set maxConcurrentFunctions to 5, or ask for more (quota L-B99A9384)');
  return ok('Lambda', seen);
}

async function subscribers(facts: AccountFacts, name: string, topicArn: string): Promise<Finding> {
  const waiting = await facts.unconfirmed(topicArn);
  if (waiting.length === 0) return ok(name, 'no subscription waits to be confirmed');
  return warn(name, `not confirmed: ${waiting.join(', ')}`, 'follow the link in the mail that AWS has sent');
}
