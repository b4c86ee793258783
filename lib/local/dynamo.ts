import { type Database, type DatabaseResponse, openDatabase } from './dynamo-database.ts';
import { type LaggingIndexes, startLaggingIndexes } from './dynamo-lag.ts';
import { asRecord, type Item, type Json, makeCall, pickKey, untilActive } from './dynamo-wire.ts';
import type { AwsRequest, AwsResponse, LocalService } from './service.ts';

export interface DynamoOptions {
  /** Folder of the database; undefined keeps everything in memory. */
  path?: string;
  region?: string;
  accountId?: string;
  /** Index queries see the tables as they were this long ago. Default 0. */
  indexLagMs?: number;
  /** How often expired items are removed. Default 60,000. */
  ttlSweepMs?: number;
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

interface Context {
  database: Database;
  lag: LaggingIndexes | undefined;
  /** TTL attribute by table. */
  ttl: Map<string, string>;
  /** Names of the key attributes by table. */
  keys: Map<string, string[]>;
  writes: Promise<unknown>;
}

const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'];
const TABLE_CHANGES = ['CreateTable', 'UpdateTable', 'DeleteTable'];
const DEFAULT_SWEEP_MS = 60_000;

/** DynamoDB by dynalite, with what it lacks: the item on failed conditions, TTL, and indexes that lag. */
export async function startDynamo(options: DynamoOptions): Promise<DynamoService> {
  const database = openDatabase(options.path);
  const lag = options.indexLagMs ? startLaggingIndexes(database, options.indexLagMs) : undefined;
  const context: Context = { database, lag, ttl: new Map(), keys: new Map(), writes: Promise.resolve() };
  const now = () => options.now?.() ?? Date.now();
  const sweep = () => sweepExpired(context, Math.floor(now() / 1000));
  const timer = setInterval(() => {
    sweep().catch((error: unknown) => console.error('local dynamodb: the TTL sweep failed', error));
  }, options.ttlSweepMs ?? DEFAULT_SWEEP_MS).unref();
  const arnPrefix = `arn:aws:dynamodb:${options.region ?? 'us-east-1'}:${options.accountId ?? '000000000000'}`;
  return {
    handle: (request) => handle(context, request),
    ensureTable: async (properties) => {
      const tableName = await ensureTable(context, properties);
      return { arn: `${arnPrefix}:table/${tableName}`, tableName };
    },
    sweepExpired: sweep,
    close: async () => {
      clearInterval(timer);
      await context.writes;
      await lag?.close();
      await database.close();
    },
  };
}

async function handle(context: Context, request: AwsRequest): Promise<AwsResponse> {
  const operation = request.operation ?? '';
  const body = request.body.toString('utf8');
  const input = parseBody(body);
  const own = OWN_OPERATIONS[operation];
  const response = own ? respond(own(context, input)) : await route(context, operation, body, input);
  // Both describe the body before the shim touched it, and botocore compares.
  const { 'x-amz-crc32': _, 'content-length': __, ...headers } = response.headers;
  return { status: response.status, headers, body: response.body };
}

function parseBody(body: string): Json {
  try {
    return asRecord(JSON.parse(body));
  } catch {
    // dynalite answers with AWS's own words for a body that is not JSON.
    return {};
  }
}

function respond(output: Json): DatabaseResponse {
  const headers = { 'content-type': 'application/x-amz-json-1.0' };
  return { status: '__type' in output ? 400 : 200, headers, body: JSON.stringify(output) };
}

async function route(
  context: Context,
  operation: string,
  body: string,
  input: Json,
): Promise<DatabaseResponse> {
  if (context.lag && input.IndexName !== undefined && (operation === 'Query' || operation === 'Scan')) {
    return context.lag.send(operation, body);
  }
  if (WRITES.includes(operation)) return inTurn(context, () => write(context, operation, body, input));
  const response = await context.database.send(operation, body);
  if (TABLE_CHANGES.includes(operation) && response.status === 200) {
    context.keys.delete(String(input.TableName));
    await context.lag?.send(operation, body);
  }
  return response;
}

/** One write at a time, so that the item shown with a failed condition is the one the condition was checked on. */
function inTurn<T>(context: Context, work: () => Promise<T>): Promise<T> {
  const turn = context.writes.then(work);
  context.writes = turn.catch(() => undefined);
  return turn;
}

async function write(
  context: Context,
  operation: string,
  body: string,
  input: Json,
): Promise<DatabaseResponse> {
  const response = await context.database.send(operation, body);
  const wantsItem = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
  if (response.status === 200 && context.lag)
    await context.lag.record(await writtenKeys(context, operation, input));
  if (response.status === 200 || !wantsItem || !response.body.includes('ConditionalCheckFailed'))
    return response;
  const [written] = await writtenKeys(context, operation, input);
  const found = await makeCall(context.database)('GetItem', { ...written, ConsistentRead: true });
  const failure = asRecord(JSON.parse(response.body));
  return { ...response, body: JSON.stringify(found.Item ? { ...failure, Item: found.Item } : failure) };
}

async function writtenKeys(context: Context, operation: string, input: Json) {
  if (operation !== 'BatchWriteItem') return [await writtenKey(context, input)];
  const tables = Object.entries(asRecord(input.RequestItems));
  const requests = tables.flatMap(([TableName, entries]) =>
    (entries as Json[]).map((entry) => ({ TableName, ...asRecord(entry.PutRequest ?? entry.DeleteRequest) })),
  );
  return Promise.all(requests.map((request) => writtenKey(context, request)));
}

async function writtenKey(context: Context, input: Json): Promise<{ TableName: string; Key: Item }> {
  const TableName = String(input.TableName);
  if (input.Key !== undefined) return { TableName, Key: asRecord(input.Key) };
  return { TableName, Key: pickKey(asRecord(input.Item), await keyNames(context, TableName)) };
}

async function keyNames(context: Context, tableName: string): Promise<string[]> {
  const known = context.keys.get(tableName);
  if (known) return known;
  const described = await makeCall(context.database)('DescribeTable', { TableName: tableName });
  const names = (asRecord(described.Table).KeySchema as Json[]).map((part) => String(part.AttributeName));
  context.keys.set(tableName, names);
  return names;
}

type OwnOperation = (context: Context, input: Json) => Json;

const OWN_OPERATIONS: Record<string, OwnOperation> = {
  UpdateTimeToLive: ({ ttl }, input) => {
    const specification = asRecord(input.TimeToLiveSpecification);
    if (specification.Enabled) ttl.set(String(input.TableName), String(specification.AttributeName));
    else ttl.delete(String(input.TableName));
    return { TimeToLiveSpecification: specification };
  },
  DescribeTimeToLive: ({ ttl }, input) => {
    const attribute = ttl.get(String(input.TableName));
    if (attribute === undefined) return { TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' } };
    return { TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: attribute } };
  },
  DescribeContinuousBackups: () => CONTINUOUS_BACKUPS,
  UpdateContinuousBackups: () => CONTINUOUS_BACKUPS,
};

/** The data folder is the only backup here, and saying so is honest. */
const CONTINUOUS_BACKUPS: Json = {
  ContinuousBackupsDescription: {
    ContinuousBackupsStatus: 'ENABLED',
    PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'DISABLED' },
  },
};

async function ensureTable(context: Context, properties: Json): Promise<string> {
  const { TableName, KeySchema, AttributeDefinitions } = properties;
  if (typeof TableName !== 'string')
    throw new Error('TableName must be given: the local cloud makes up no names');
  const indexes = (properties.GlobalSecondaryIndexes ?? []) as Json[];
  const definition: Json = { TableName, KeySchema, AttributeDefinitions, BillingMode: 'PAY_PER_REQUEST' };
  if (indexes.length > 0) definition.GlobalSecondaryIndexes = indexes.map(indexDefinition);
  if (properties.LocalSecondaryIndexes) definition.LocalSecondaryIndexes = properties.LocalSecondaryIndexes;
  const existing = await context.database.send('DescribeTable', JSON.stringify({ TableName }));
  if (existing.status === 200) requireSameShape(TableName, asRecord(JSON.parse(existing.body)), definition);
  else await makeCall(context.database)('CreateTable', definition);
  await untilActive(context.database, TableName);
  await context.lag?.copyTable(definition);
  const ttl = asRecord(properties.TimeToLiveSpecification ?? {});
  if (ttl.Enabled === true || ttl.Enabled === 'true') context.ttl.set(TableName, String(ttl.AttributeName));
  return TableName;
}

const indexDefinition = ({ IndexName, KeySchema, Projection }: Json): Json => ({
  IndexName,
  KeySchema,
  Projection,
});

function requireSameShape(TableName: string, described: Json, wanted: Json): void {
  const shape = (table: Json) => {
    const indexes = [...((table.GlobalSecondaryIndexes ?? []) as Json[])]
      .map((index) => `${index.IndexName}:${JSON.stringify(index.KeySchema)}`)
      .sort();
    return JSON.stringify([table.KeySchema, indexes]);
  };
  if (shape(asRecord(described.Table)) === shape(wanted)) return;
  throw new Error(
    `Table ${TableName} in the data folder has other keys or indexes than this version of the stack. Remove the folder, or choose another with --data.`,
  );
}

async function sweepExpired(context: Context, nowSeconds: number): Promise<number> {
  let removed = 0;
  for (const [TableName, attribute] of context.ttl) {
    for (const key of await expiredKeys(context, TableName, attribute, nowSeconds)) {
      const body = JSON.stringify({
        TableName,
        Key: key,
        ...expired(attribute, nowSeconds, 'ConditionExpression'),
      });
      const response = await route(context, 'DeleteItem', body, { TableName, Key: key });
      if (response.status === 200) removed += 1;
    }
  }
  return removed;
}

function expired(attribute: string, nowSeconds: number, expression: string): Json {
  return {
    [expression]: 'attribute_type(#ttl, :number) AND #ttl < :now',
    ExpressionAttributeNames: { '#ttl': attribute },
    ExpressionAttributeValues: { ':now': { N: String(nowSeconds) }, ':number': { S: 'N' } },
  };
}

async function expiredKeys(context: Context, TableName: string, attribute: string, nowSeconds: number) {
  const names = await keyNames(context, TableName);
  const keys: Item[] = [];
  let ExclusiveStartKey: unknown;
  do {
    const filter = expired(attribute, nowSeconds, 'FilterExpression');
    const page = await makeCall(context.database)('Scan', { TableName, ExclusiveStartKey, ...filter });
    keys.push(...(page.Items as Item[]).map((item) => pickKey(item, names)));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  return keys;
}
