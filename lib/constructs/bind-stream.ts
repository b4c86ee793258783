import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { ControlFunction } from './control-function.ts';
import type { StreamApi } from './stream-api.ts';

/** Sending to connections. */
function bindSending(fn: ControlFunction, stream: StreamApi): void {
  fn.give('CONNECTIONS_URL', stream.connectionsUrl);
  fn.allow(['execute-api:ManageConnections'], [stream.pushArn]);
  fn.acknowledgeWildcard(stream.pushPattern, 'Connections get their ids when they are opened.');
}

function onItemsOf(...kinds: string[]) {
  return { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': kinds.map((kind) => `${kind}#*`) } };
}

/** Telling watchers what has happened, and forgetting those that are gone: of all items these alone may be deleted. */
export function bindWatchers(fn: ControlFunction, stream: StreamApi, table: TableV2): void {
  bindSending(fn, stream);
  fn.allow(['dynamodb:DeleteItem'], [table.tableArn], onItemsOf('WATCH'));
}

/** Keeping connections and what they watch; of everything else this function may read alone. */
export function bindConnections(fn: ControlFunction, stream: StreamApi, table: TableV2): void {
  bindSending(fn, stream);
  fn.allow(
    ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
    [table.tableArn],
    onItemsOf('CONNECTION', 'WATCH'),
  );
}
