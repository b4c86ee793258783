import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JsonInput, makeJsonService } from './json-service.ts';
import type { LocalService } from './service.ts';
import { ServiceFault } from './service-fault.ts';

export interface LogsOptions {
  /** `<data>/logs` */
  dir: string;
  /** Milliseconds since the epoch; default `Date.now`. */
  now?(): number;
}

export interface Logs extends LocalService {
  /** On disk when it returns. */
  appendLog(group: string, stream: string, line: string): void;
}

interface LogEvent {
  timestamp: number;
  message: string;
}

/** Of a search, where lines of several streams come together. */
interface FoundEvent extends LogEvent {
  logStreamName: string;
  eventId: string;
}

const extension = '.log';
const maxEvents = 10_000;

/** CloudWatch Logs as files that `tail -f` can read: `<dir>/~aws~lambda~name/<stream>.log`. */
export function startLogs({ dir, now = Date.now }: LogsOptions): Logs {
  mkdirSync(dir, { recursive: true });
  const folderOf = (group: string): string => join(dir, toFileName(group));

  function requireFolder({ logGroupName }: JsonInput): string {
    const folder = folderOf(String(logGroupName));
    if (existsSync(folder)) return folder;
    throw notFound('The specified log group does not exist.');
  }

  const service = makeJsonService({
    DescribeLogGroups: () => ({
      logGroups: readdirSync(dir).map((name) => ({ logGroupName: fromFileName(name) })),
    }),
    FilterLogEvents: (input) => filterEvents(requireFolder(input), input),
    GetLogEvents: (input) => getEvents(requireFolder(input), input),
  });
  return {
    ...service,
    appendLog(group, stream, line) {
      mkdirSync(folderOf(group), { recursive: true });
      // A carriage return inside an event is how CloudWatch's own console shows a line break, too.
      const message = line.replace(/\r?\n$/, '').replace(/\r?\n/g, '\r');
      const file = join(folderOf(group), toFileName(stream) + extension);
      appendFileSync(file, `${new Date(now()).toISOString()} ${message}\n`);
    },
  };
}

function notFound(message: string): ServiceFault {
  return new ServiceFault(400, 'ResourceNotFoundException', message);
}

function toFileName(name: string): string {
  const encoded = encodeURIComponent(name).replaceAll('~', '%7E').replaceAll('%2F', '~');
  return encoded.replace(/^\./, '%2E');
}

function fromFileName(name: string): string {
  return decodeURIComponent(name.replaceAll('~', '%2F'));
}

/** With the number of each line. */
function readStream(file: string, input: JsonInput): (LogEvent & { line: number })[] {
  if (!existsSync(file)) throw notFound('The specified log stream does not exist.');
  const { startTime = 0, endTime = Number.POSITIVE_INFINITY } = input;
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines
    .map((text, line) => {
      const space = text.indexOf(' ');
      return { timestamp: Date.parse(text.slice(0, space)), message: text.slice(space + 1), line };
    })
    .filter(({ timestamp }) => timestamp >= Number(startTime) && timestamp <= Number(endTime));
}

function filterEvents(folder: string, input: JsonInput): object {
  const pattern = String(input.filterPattern ?? '');
  const term = /^"?([\w .:-]*)"?$/.exec(pattern)?.[1];
  if (term === undefined || input.logStreamNames !== undefined || input.logStreamNamePrefix !== undefined)
    throw new ServiceFault(501, 'NotImplemented', 'The local logs filter a whole group, by one plain term');
  const events = readdirSync(folder)
    .flatMap((name) => {
      const logStreamName = fromFileName(name.slice(0, -extension.length));
      return readStream(join(folder, name), input).map((event): FoundEvent => {
        const { line, ...shown } = event;
        return { ...shown, logStreamName, eventId: `${logStreamName}:${line}` };
      });
    })
    .filter(({ message }) => message.includes(term))
    .sort((a, b) => a.timestamp - b.timestamp);
  const from = Number(input.nextToken ?? 0);
  const to = from + Math.min(Number(input.limit ?? maxEvents), maxEvents);
  return { events: events.slice(from, to), ...(to < events.length ? { nextToken: String(to) } : {}) };
}

/** Forwards only: the token is the number of the next event. */
function getEvents(folder: string, input: JsonInput): object {
  const { logStreamName, nextToken, startFromHead, limit = maxEvents } = input;
  const file = join(folder, toFileName(String(logStreamName)) + extension);
  const events = readStream(file, input).map(({ line: _, ...event }) => event);
  const count = Math.min(Number(limit), maxEvents);
  const first = startFromHead === true ? 0 : Math.max(0, events.length - count);
  const from = nextToken === undefined ? first : Number(nextToken);
  const to = Math.min(from + count, events.length);
  return { events: events.slice(from, to), nextForwardToken: String(to) };
}
