import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { WatchCall } from '#contracts/recovery.ts';
import type { FireCall } from '#contracts/schedule.ts';
import type { DeliveryCall } from '#contracts/webhook.ts';
import type { Courier } from '#core/ports/courier.ts';
import { signedFetch } from '../control/sigv4.ts';
import { readEndpointUrl } from '../env.ts';

/** A hint is not worth waiting for: what is due is found again within a minute. */
const timeoutMs = 3_000;

/** What the ids are of: the name of the list in the function's call. */
type Sent = Exclude<keyof DeliveryCall | keyof FireCall | keyof WatchCall, 'v'>;

/**
 * An asynchronous call, so that nobody waits for what it does. Signed here: Lambda's client would be a tenth of each
 * bundle for this one call.
 *
 * @param client whose region and credentials are used
 */
export function makeLambdaCourier(functionArn: string, sent: Sent, client: DynamoDBDocumentClient): Courier {
  const endpointUrl = readEndpointUrl();
  return {
    async send(ids) {
      const [credentials, region] = await Promise.all([client.config.credentials(), client.config.region()]);
      const response = await signedFetch({
        url: `${endpointUrl ?? endpointOf(functionArn, region)}/2015-03-31/functions/${encodeURIComponent(functionArn)}/invocations`,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-amz-invocation-type': 'Event' },
        body: JSON.stringify({ v: 1, [sent]: [...ids] }),
        credentials,
        region,
        service: 'lambda',
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`Lambda answered ${response.status}`);
    },
  };
}

function endpointOf(functionArn: string, region: string): string {
  return `https://lambda.${region}.amazonaws.com${functionArn.startsWith('arn:aws-cn:') ? '.cn' : ''}`;
}
