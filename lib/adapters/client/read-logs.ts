import * as z from 'zod';
import { AppError } from '#contracts/errors.ts';
import type { ApiTarget } from './find-api.ts';
import { callJsonService } from './json-service.ts';

const logEvent = z.object({ timestamp: z.number(), message: z.string() });
export type LogEvent = z.infer<typeof logEvent>;
const foundEvent = logEvent.extend({ logStreamName: z.string(), eventId: z.string() });
/** A line that was searched for: it names its stream, and itself. */
export type FoundEvent = z.infer<typeof foundEvent>;
const found = z.object({ events: z.array(foundEvent), nextToken: z.string().optional() });
const reply = z.object({ events: z.array(logEvent), nextForwardToken: z.string().optional() });

export interface LogPlace {
  logGroup: string;
  logStream: string;
}

/**
 * One stream of CloudWatch Logs page by page, from its beginning or from where an earlier reading ended. A stream that
 * nobody has written to is empty.
 *
 * @returns where to go on
 */
export async function* readLogs(
  target: ApiTarget,
  place: LogPlace,
  from?: string,
): AsyncGenerator<LogEvent[], string | undefined> {
  let nextToken = from;
  for (;;) {
    const page = await call(target, 'GetLogEvents', reply, {
      logGroupName: place.logGroup,
      logStreamName: place.logStream,
      startFromHead: true,
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    if (page.events.length > 0) yield page.events;
    // At the end the service answers the token that it was given.
    if (page.nextForwardToken === undefined || page.nextForwardToken === nextToken) return nextToken;
    nextToken = page.nextForwardToken;
  }
}

export interface LogSearch {
  logGroup: string;
  jobId: string;
  /** Of the oldest lines that are wanted. Default: all. */
  sinceMs?: number;
}

/** The lines of a log group that name this job: workers in functions share streams. */
export async function* findLogs(target: ApiTarget, place: LogSearch): AsyncGenerator<FoundEvent[]> {
  let nextToken: string | undefined;
  do {
    const page: z.infer<typeof found> = await call(target, 'FilterLogEvents', found, {
      logGroupName: place.logGroup,
      filterPattern: `"${place.jobId}"`,
      ...(place.sinceMs === undefined ? {} : { startTime: place.sinceMs }),
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    // A page may be empty although more follow: it says how far the search has come.
    if (page.events.length > 0) yield page.events;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}

/** A group or a stream that nobody has written to may not be there: it is as good as empty. */
async function call<T extends { events: unknown[] }>(
  target: ApiTarget,
  name: 'FilterLogEvents' | 'GetLogEvents',
  reply: z.ZodType<T>,
  input: object,
): Promise<T> {
  try {
    return await callJsonService(target, {
      service: 'logs',
      operation: `Logs_20140328.${name}`,
      input,
      reply,
    });
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return reply.parse({ events: [] });
    throw error;
  }
}
