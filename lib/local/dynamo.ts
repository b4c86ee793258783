import { Database, type Item, type Json } from './dynamo-database.ts';
import { type LaggingIndexes, startLaggingIndexes } from './dynamo-lag.ts';
import { arnOf } from './place.ts';
import type { AwsRequest, AwsResponse, LocalService } from './service.ts';
import { ServiceFault } from './service-fault.ts';

export interface DynamoOptions {
  /** Folder of the database; undefined keeps everything in memory. */
  path?: string;
  /** Index queries see the tables as they were this long ago. Default 0. */
  indexLagMs?: number;
  /** Milliseconds since the epoch, for TTL; default `Date.now`. */
  now?(): number;
}

export interface DynamoService extends LocalService {
  /** Takes the resolved properties of `AWS::DynamoDB::Table` or `AWS::DynamoDB::GlobalTable`. Idempotent. */
  ensureTable(properties: Json): Promise<{ arn: string; tableName: string }>;
  /** Removes what has expired, now, and says how many items that were. */
  sweepExpired(): Promise<number>;
  close(): Promise<void>;
}

interface Table {
  keyNames: string[];
  ttlAttribute: string | undefined;
}

interface Context {
  database: Database;
  lag: LaggingIndexes | undefined;
  tables: Map<string, Table>;
}

const sweepEveryMs = 60_000;

/** DynamoDB by dynalite, with what it lacks: TTL, and indexes that lag. Tables come from the template only. */
export async function startDynamo(options: DynamoOptions): Promise<DynamoService> {
  const database = await Database.open(options.path);
  const lag = options.indexLagMs ? await startLaggingIndexes(database, options.indexLagMs) : undefined;
  const context: Context = { database, lag, tables: new Map() };
  const sweep = () => sweepExpired(context, Math.floor((options.now?.() ?? Date.now()) / 1000));
  const timer = setInterval(() => {
    sweep().catch((error: unknown) => console.error('local dynamodb: the TTL sweep failed', error));
  }, sweepEveryMs).unref();
  return {
    handle: (request) => handle(context, request),
    async ensureTable(properties) {
      const tableName = await ensureTable(context, properties);
      return { arn: arnOf('dynamodb', `table/${tableName}`), tableName };
    },
    sweepExpired: sweep,
    async close() {
      clearInterval(timer);
      await lag?.close();
      await database.close();
    },
  };
}

async function handle(context: Context, request: AwsRequest): Promise<AwsResponse> {
  const { operation } = request;
  const body = request.body.toString('utf8');
  const input = parseBody(body);
  if (operation === 'DescribeTimeToLive') return describeTimeToLive(context, String(input.TableName));
  // dynalite would take it and leave the item out.
  if (input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD')
    throw new ServiceFault(
      501,
      'NotImplemented',
      'The local DynamoDB does not tell the item of a failed condition',
    );
  if (context.lag && input.IndexName !== undefined) return context.lag.copy.send(operation, body);
  const response = await context.database.send(operation, body);
  if (response.status === 200) await recordWrite(context, operation, input);
  return response;
}

function parseBody(body: string): Json {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // dynalite answers with AWS's own words for a body that is not JSON.
  }
  return {};
}

function describeTimeToLive({ tables }: Context, tableName: string): AwsResponse {
  const AttributeName = tables.get(tableName)?.ttlAttribute;
  const TimeToLiveDescription = AttributeName
    ? { TimeToLiveStatus: 'ENABLED', AttributeName }
    : { TimeToLiveStatus: 'DISABLED' };
  const headers = { 'content-type': 'application/x-amz-json-1.0' };
  return { status: 200, headers, body: JSON.stringify({ TimeToLiveDescription }) };
}

async function recordWrite({ lag, tables }: Context, operation: string, input: Json): Promise<void> {
  if (!lag || !['PutItem', 'UpdateItem', 'DeleteItem'].includes(operation)) return;
  const tableName = String(input.TableName);
  const table = tables.get(tableName);
  if (table) await lag.record(tableName, (input.Key ?? keyOf(input.Item as Item, table)) as Item);
}

function keyOf(item: Item, { keyNames }: Table): Item {
  return Object.fromEntries(keyNames.map((name) => [name, item[name]]));
}

async function ensureTable(context: Context, properties: Json): Promise<string> {
  const { KeySchema, AttributeDefinitions, TimeToLiveSpecification } = properties;
  const TableName = String(properties.TableName);
  const indexes = (properties.GlobalSecondaryIndexes ?? []) as Json[];
  const definition: Json = { TableName, KeySchema, AttributeDefinitions, BillingMode: 'PAY_PER_REQUEST' };
  if (indexes.length > 0) {
    definition.GlobalSecondaryIndexes = indexes.map(({ IndexName, KeySchema: keys, Projection }) => ({
      IndexName,
      KeySchema: keys,
      Projection,
    }));
  }
  const existing = await context.database.describe(TableName);
  if (existing) requireSameShape(TableName, existing, definition);
  else await context.database.createTable(definition);
  await context.lag?.copyTable(definition);
  const ttl = TimeToLiveSpecification as { AttributeName: string } | undefined;
  const keyNames = (KeySchema as { AttributeName: string }[]).map(({ AttributeName }) => AttributeName);
  context.tables.set(TableName, { keyNames, ttlAttribute: ttl?.AttributeName });
  return TableName;
}

function requireSameShape(TableName: string, described: Json, wanted: Json): void {
  const shape = (table: Json) => {
    const indexes = ((table.GlobalSecondaryIndexes ?? []) as Json[])
      .map((index) => `${index.IndexName}:${JSON.stringify(index.KeySchema)}`)
      .sort();
    return JSON.stringify([table.KeySchema, indexes]);
  };
  if (shape(described) === shape(wanted)) return;
  throw new Error(
    `Table ${TableName} in the data folder has other keys or indexes than this version of the stack. Remove the folder, or choose another with --data.`,
  );
}

async function sweepExpired(context: Context, nowSeconds: number): Promise<number> {
  let removed = 0;
  for (const [TableName, table] of context.tables) {
    if (table.ttlAttribute === undefined) continue;
    const isExpired = {
      ExpressionAttributeNames: { '#ttl': table.ttlAttribute },
      ExpressionAttributeValues: { ':now': { N: String(nowSeconds) }, ':number': { S: 'N' } },
    };
    const condition = 'attribute_type(#ttl, :number) AND #ttl < :now';
    const scan = { TableName, FilterExpression: condition, ...isExpired };
    for await (const item of context.database.scan(scan)) {
      const input = { TableName, Key: keyOf(item, table), ConditionExpression: condition, ...isExpired };
      // Written to meanwhile, it may live.
      const { status } = await context.database.send('DeleteItem', JSON.stringify(input));
      if (status !== 200) continue;
      await recordWrite(context, 'DeleteItem', input);
      removed += 1;
    }
  }
  return removed;
}
