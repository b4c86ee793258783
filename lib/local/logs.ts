import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type JsonInput, makeJsonService, ServiceFault } from './json-service.ts';
import type { LocalService } from './service.ts';

export interface LogsOptions {
  /** `<data>/logs` */
  dir: string;
  region?: string;
  accountId?: string;
  /** Milliseconds since the epoch; default `Date.now`. */
  now?(): number;
}

export interface Logs extends LocalService {
  /** On disk when it returns. */
  appendLog(group: string, stream: string, line: string): void;
}

interface LogEvent {
  timestamp: number;
  ingestionTime: number;
  message: string;
  logStreamName: string;
  eventId: string;
}

const EXTENSION = '.log';
const MAX_EVENTS = 10_000;

/** CloudWatch Logs as files that `tail -f` can read: `<dir>/~aws~lambda~name/<stream>.log`. */
export async function startLogs(options: LogsOptions): Promise<Logs> {
  mkdirSync(options.dir, { recursive: true });
  const now = () => options.now?.() ?? Date.now();
  const arn = (group: string) =>
    `arn:aws:logs:${options.region ?? 'us-east-1'}:${options.accountId ?? '000000000000'}:log-group:${group}`;
  const requireGroup = (input: JsonInput) => {
    const given = String(input.logGroupName ?? input.logGroupIdentifier);
    const group = given.startsWith('arn:') ? (given.split(':')[6] ?? '') : given;
    if (existsSync(join(options.dir, toFileName(group)))) return group;
    throw new ServiceFault('ResourceNotFoundException', 'The specified log group does not exist.');
  };
  const service = makeJsonService({
    DescribeLogGroups: (input) => ({
      logGroups: list(options.dir, input.logGroupNamePrefix).map((group) => ({
        logGroupName: group,
        arn: `${arn(group)}:*`,
        logGroupArn: arn(group),
      })),
    }),
    DescribeLogStreams: (input) => {
      const group = requireGroup(input);
      const streams = listStreams(options.dir, group, input.logStreamNamePrefix).map((stream) => ({
        logStreamName: stream,
        arn: `${arn(group)}:log-stream:${stream}`,
        lastEventTimestamp: Math.floor(statSync(streamFile(options.dir, group, stream)).mtimeMs),
      }));
      if (input.orderBy === 'LastEventTime')
        streams.sort((a, b) => a.lastEventTimestamp - b.lastEventTimestamp);
      if (input.descending === true) streams.reverse();
      return { logStreams: streams.slice(0, Number(input.limit ?? 50)) };
    },
    FilterLogEvents: (input) => filterEvents(options.dir, requireGroup(input), input),
    GetLogEvents: (input) => getEvents(options.dir, requireGroup(input), input),
  });
  return {
    ...service,
    appendLog: (group, stream, line) => {
      const file = streamFile(options.dir, group, stream);
      mkdirSync(join(options.dir, toFileName(group)), { recursive: true });
      // A carriage return inside an event is how CloudWatch's own console shows a line break, too.
      const message = line.replace(/\r?\n$/, '').replace(/\r?\n/g, '\r');
      appendFileSync(file, `${new Date(now()).toISOString()} ${message}\n`);
    },
  };
}

function toFileName(name: string): string {
  const encoded = encodeURIComponent(name).replaceAll('~', '%7E').replaceAll('%2F', '~');
  return encoded.replace(/^\./, '%2E');
}

function fromFileName(name: string): string {
  return decodeURIComponent(name.replaceAll('~', '%2F'));
}

function streamFile(dir: string, group: string, stream: string): string {
  return join(dir, toFileName(group), `${toFileName(stream)}${EXTENSION}`);
}

function list(dir: string, prefix: unknown): string[] {
  const names = readdirSync(dir).map(fromFileName);
  return names.filter((name) => name.startsWith(String(prefix ?? ''))).sort();
}

function listStreams(dir: string, group: string, prefix: unknown): string[] {
  return list(join(dir, toFileName(group)), prefix).map((name) => name.slice(0, -EXTENSION.length));
}

function readStream(dir: string, group: string, stream: string): LogEvent[] {
  const file = streamFile(dir, group, stream);
  if (!existsSync(file))
    throw new ServiceFault('ResourceNotFoundException', 'The specified log stream does not exist.');
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line, index) => {
    const space = line.indexOf(' ');
    const timestamp = Date.parse(line.slice(0, space));
    const message = line.slice(space + 1);
    return {
      timestamp,
      ingestionTime: timestamp,
      message,
      logStreamName: stream,
      eventId: `${stream}/${index}`,
    };
  });
}

function isBetween(event: LogEvent, input: JsonInput): boolean {
  return (
    event.timestamp >= Number(input.startTime ?? 0) && event.timestamp <= Number(input.endTime ?? Infinity)
  );
}

function filterEvents(dir: string, group: string, input: JsonInput): object {
  const streams = Array.isArray(input.logStreamNames)
    ? input.logStreamNames.map(String)
    : listStreams(dir, group, input.logStreamNamePrefix);
  const matches = makeFilter(String(input.filterPattern ?? ''));
  const events = streams
    .flatMap((stream) => readStream(dir, group, stream))
    .filter((event) => isBetween(event, input) && matches(event.message))
    .sort((a, b) => a.timestamp - b.timestamp);
  const from = Number(input.nextToken ?? 0);
  const to = from + Math.min(Number(input.limit ?? MAX_EVENTS), MAX_EVENTS);
  return {
    events: events.slice(from, to),
    searchedLogStreams: [],
    ...(to < events.length ? { nextToken: String(to) } : {}),
  };
}

/** Terms that must all be there, `?term` of which one must, `-term` that must not; quotes keep spaces. */
function makeFilter(pattern: string): (message: string) => boolean {
  if (/^\s*[{[%]/.test(pattern)) {
    throw new ServiceFault('InvalidParameterException', 'The local logs filter by plain terms only.');
  }
  const terms = [...pattern.matchAll(/([?-]?)(?:"([^"]*)"|(\S+))/g)].map((match) => ({
    kind: match[1],
    text: match[2] ?? match[3] ?? '',
  }));
  const of = (kind: string) => terms.filter((term) => term.kind === kind);
  return (message) =>
    of('').every(({ text }) => message.includes(text)) &&
    of('-').every(({ text }) => !message.includes(text)) &&
    (of('?').length === 0 || of('?').some(({ text }) => message.includes(text)));
}

function getEvents(dir: string, group: string, input: JsonInput): object {
  const events = readStream(dir, group, String(input.logStreamName)).filter((event) =>
    isBetween(event, input),
  );
  const limit = Math.min(Number(input.limit ?? MAX_EVENTS), MAX_EVENTS);
  const token = /^([fb])\/(\d+)$/.exec(String(input.nextToken ?? ''));
  const newest = Math.max(0, events.length - limit);
  const position = token ? Number(token[2]) : input.startFromHead === true ? 0 : newest;
  // A token names a border between events; reading backwards ends at it, reading forwards starts there.
  const from = token?.[1] === 'b' ? Math.max(0, position - limit) : Math.min(position, events.length);
  const to = token?.[1] === 'b' ? position : Math.min(from + limit, events.length);
  const page = events.slice(from, to).map(({ logStreamName: _, eventId: __, ...event }) => event);
  return { events: page, nextForwardToken: `f/${to}`, nextBackwardToken: `b/${from}` };
}
