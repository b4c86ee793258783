import {
  ApiGatewayManagementApiClient,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { streamLimits } from '#contracts/stream.ts';
import type { Stream } from '#core/ports/stream.ts';
import { systemClock } from '../system.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { makeDynamoWatches, type Watches } from './dynamo-watches.ts';

/** Calls on their way at once; a function's sockets are not endless. */
const atOnce = 50;

export type Post = (connection: string, text: string, signal?: AbortSignal) => Promise<'sent' | 'gone'>;

/** `@connections` of the WebSocket API. What fails otherwise than by the connection's end is thrown. */
export function makePost(url: string): Post {
  // Told again and late, a message would only come out of order.
  const client = new ApiGatewayManagementApiClient({ endpoint: url, maxAttempts: 1 });
  return async (ConnectionId, Data, abortSignal) => {
    try {
      const command = new PostToConnectionCommand({ ConnectionId, Data });
      await client.send(command, abortSignal && { abortSignal });
      return 'sent';
    } catch (error) {
      if (error instanceof GoneException) return 'gone';
      throw error;
    }
  };
}

export interface StreamParts {
  post?: Post;
  watches?: Watches;
  /** Longest that all of one push may take. */
  pushMs?: number;
}

export function makeStream(table: DynamoTable, url: string, parts: StreamParts = {}): Stream {
  const { post = makePost(url), watches = makeDynamoWatches(table, systemClock.nowMs) } = parts;
  return {
    watchers: watches.of,
    async push(id, connections, messages) {
      const signal = AbortSignal.timeout(parts.pushMs ?? streamLimits.pushMs);
      const left = [...connections];
      let missed = 0;
      const work = async () => {
        for (let one = left.shift(); one !== undefined; one = left.shift()) {
          const outcome = await tell(post, one, messages, signal);
          if (outcome === 'missed') missed += 1;
          // One that stays behind only costs another call: its own expiry takes it away.
          if (outcome === 'gone') await watches.drop(id, one).catch(() => undefined);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, work));
      return { missed };
    },
  };
}

/** In order; what follows a message that did not arrive is not sent, as its reader could not use it. */
async function tell(
  post: Post,
  connection: string,
  messages: readonly string[],
  signal: AbortSignal,
): Promise<'told' | 'gone' | 'missed'> {
  try {
    for (const text of messages) {
      signal.throwIfAborted();
      if ((await post(connection, text, signal)) === 'gone') return 'gone';
    }
    return 'told';
  } catch {
    // Throttled, too slow or out of time: counted by the caller, and made good by the reader itself.
    return 'missed';
  }
}
