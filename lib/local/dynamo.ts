import type { LocalService } from './service.ts';

export interface DynamoOptions {
  /** Folder of the database; undefined keeps everything in memory. */
  path?: string;
  region?: string;
  accountId?: string;
  /** Index queries see the tables as they were this long ago. Default 0. */
  indexLagMs?: number;
  /** How often expired items are removed. Default 60,000. */
  ttlSweepMs?: number;
  now?(): number;
}

export interface DynamoService extends LocalService {
  /** Takes the resolved properties of `AWS::DynamoDB::Table` or `AWS::DynamoDB::GlobalTable`. Idempotent. */
  ensureTable(properties: Record<string, unknown>): Promise<{ arn: string; tableName: string }>;
  /** Removes what has expired, now. */
  sweepExpired(): Promise<number>;
  close(): Promise<void>;
}

export async function startDynamo(_options: DynamoOptions): Promise<DynamoService> {
  throw new Error('not yet');
}
