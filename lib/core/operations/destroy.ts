import { type AwsPrices, awsPrices } from '#contracts/aws-prices.ts';
import { AppError } from '#contracts/errors.ts';
import type { StackResource, Teardown } from '#core/ports/teardown.ts';

/** Something that is still there, and what that costs. */
export interface Leftover {
  type: string;
  name: string;
  usdPerMonth: number;
}

const table = 'AWS::DynamoDB::GlobalTable';
const bucket = 'AWS::S3::Bucket';
const machine = 'AWS::StepFunctions::StateMachine';
const gib = 1_073_741_824;

/** What taking a deployment down needs. */
export interface DestroyDeps {
  teardown: Teardown;
  /** Ends when no worker is alive, and throws where one stays so. */
  stopEverything(): Promise<void>;
  /** What is being done, for people. */
  say(step: string): void;
}

/**
 * Stops everything and deletes the stack; with `delete`, table and bucket with all that is in them too. Where that
 * broke off before, it goes on: everything was stopped then, and the API may be gone.
 *
 * @returns what is left
 * @throws AppError `invalid_request` where data should be kept and the deployed stack would delete it
 */
export async function destroy(deps: DestroyDeps, data: 'keep' | 'delete'): Promise<Leftover[]> {
  const { teardown, say } = deps;
  const resources = await teardown.resources();
  const stores = resources.filter(({ type }) => type === table || type === bucket);
  if (data === 'keep') requireRetained(stores);
  const isHalfGone = await teardown.isHalfGone();
  if (!isHalfGone) await deps.stopEverything();
  if (data === 'delete') await prepare(teardown, stores, say);
  say('deleting the stack; this takes some minutes');
  if (!isHalfGone) await teardown.unprotectStack();
  await teardown.deleteStack(resources.filter(({ type }) => type === machine).map(({ name }) => name));
  if (data === 'delete') await deleteStores(teardown, stores, say);
  return leftovers(teardown, resources);
}

function requireRetained(stores: readonly StackResource[]): void {
  const lost = stores.filter(({ retained }) => !retained).map(({ name }) => name);
  if (lost.length === 0) return;
  throw new AppError(
    'invalid_request',
    `the stack takes ${lost.join(' and ')} with it; nothing was deleted`,
    {
      remedy: 'to keep them, deploy with {"dataOnDelete": "retain"} first; otherwise --delete-data',
    },
  );
}

/** What would keep CloudFormation from deleting: a bucket that is not empty, a table that is protected. */
async function prepare(
  teardown: Teardown,
  stores: readonly StackResource[],
  say: (step: string) => void,
): Promise<void> {
  for (const { type, name } of stores) {
    say(type === bucket ? `emptying ${name}` : `taking the protection off ${name}`);
    await (type === bucket ? teardown.emptyBucket(name) : teardown.unprotectTable(name));
  }
}

async function deleteStores(
  teardown: Teardown,
  stores: readonly StackResource[],
  say: (step: string) => void,
): Promise<void> {
  for (const { type, name } of stores.filter(({ retained }) => retained)) {
    say(`deleting ${name}`);
    // What was written while the stack went: S3 brings access logs late, those of having emptied the bucket too.
    if (type === bucket) await teardown.emptyBucket(name);
    await (type === bucket ? teardown.deleteBucket(name) : teardown.deleteTable(name));
  }
}

async function leftovers(teardown: Teardown, resources: readonly StackResource[]): Promise<Leftover[]> {
  const left: Leftover[] = [];
  for (const resource of resources.filter(({ retained }) => retained)) {
    const bytes = await teardown.bytesOf(resource);
    const { type, name } = resource;
    if (bytes !== undefined) left.push({ type, name, usdPerMonth: monthlyUsd(type, bytes, awsPrices) });
  }
  return left;
}

function monthlyUsd(type: string, bytes: number, prices: AwsPrices): number {
  if (type === table) return round((bytes / gib) * prices.dynamoGiBMonth);
  if (type === bucket) return round((bytes / gib) * prices.s3GiBMonth);
  if (type === 'AWS::SecretsManager::Secret') return prices.secretMonth;
  return type === 'AWS::KMS::Key' ? prices.kmsKeyMonth : 0;
}

/** To a hundredth of a cent. */
function round(usd: number): number {
  return Math.round(usd * 10_000) / 10_000;
}
