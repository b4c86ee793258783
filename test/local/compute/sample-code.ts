/** The code of the sample stack's functions: one module, several handlers. */
export const handlerSource = `
import { DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';


const dynamo = new DynamoDBClient({});
const put = (pk, value) =>
  dynamo.send(new PutItemCommand({ TableName: process.env.TABLE_NAME, Item: { pk: { S: pk }, value: { S: JSON.stringify(value) } } }));
const count = (pk) =>
  dynamo.send(new UpdateItemCommand({ TableName: process.env.TABLE_NAME, Key: { pk: { S: pk } }, UpdateExpression: 'ADD n :one', ExpressionAttributeValues: { ':one': { N: '1' } } }));

export async function front(event, context) {
  if (event.routeKey === 'POST /jobs') {
    await put('job', JSON.parse(event.body));
    return { statusCode: 201, headers: { 'X-Made-By': context.functionName }, body: JSON.stringify({ ok: true }) };
  }
  if (event.routeKey === 'GET /jobs') {
    const { Item } = await dynamo.send(new GetItemCommand({ TableName: process.env.TABLE_NAME, Key: { pk: { S: event.queryStringParameters.pk } }, ConsistentRead: true }));
    return { value: Item?.value ? JSON.parse(Item.value.S) : null, n: Number(Item?.n?.N ?? 0) };
  }
  return event;
}

export async function consumer(event) {
  const failures = [];
  for (const record of event.Records) {
    await count('seen ' + record.body);
    if (record.body === 'record') await put('record', record);
    if (record.body === 'bad') failures.push({ itemIdentifier: record.messageId });
  }
  return { batchItemFailures: failures };
}

export async function observer(event) {
  await put('stopped ' + event.detail.taskArn, event);
}

export async function ticker(event) {
  await count('ticks');
  await put('tick', event);
}

export async function misbehave(event, context) {
  console.log('misbehave ' + JSON.stringify(event));
  if (event.how === 'environment') return { environment: process.env, context: { ...context, remaining: context.getRemainingTimeInMillis() } };
  if (event.how === 'hang') await new Promise(() => setInterval(() => {}, 1000));
  if (event.how === 'spin') for (;;);
  if (event.how === 'throw') throw new TypeError('no');
  if (event.how === 'exit') process.exit(7);
  if (event.how === 'crash') { setTimeout(() => { throw new Error('late'); }, 1); await new Promise(() => {}); }
  return { how: event.how };
}
`;

/** The sample worker: says what it sees, then does as \`MODE\` tells it. */
export const workerSource = `
import { writeFileSync } from 'node:fs';
console.log(JSON.stringify({ environment: process.env, cwd: process.cwd() }));
const { MODE, MARK } = process.env;
if (MARK) writeFileSync(MARK, String(process.pid));
if (MODE === 'wait') setInterval(() => {}, 1000);
if (MODE === 'stubborn') { process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1000); }
if (MODE === 'polite') { process.on('SIGTERM', () => { console.log('bye'); process.exit(0); }); setInterval(() => {}, 1000); }
if (MODE === 'fail') process.exitCode = 7;
console.log('ready');
`;
