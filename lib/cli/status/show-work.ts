import type { WorkersView } from '#contracts/operations.ts';
import { formatAge } from '../format.ts';
import type { Output } from '../output.ts';
import { printableLine } from '../printable.ts';
import type { TeamWork } from './team-work.ts';

const laneNames = { fargate: 'containers', function: 'functions' } as const;

/** `1 of 6 containers, 0 of 10 functions`. */
export function describeWorkers(workers: WorkersView | undefined): string | undefined {
  return workers?.lanes.map(({ lane, held, limit }) => `${held} of ${limit} ${laneNames[lane]}`).join(', ');
}

export function describeStop(workers: WorkersView | undefined, out: Output): string | undefined {
  const stopped = workers?.stopped;
  if (!stopped) return undefined;
  const age = formatAge(Date.now() - Date.parse(stopped.at));
  return out.paint('red', `everything, ${age} ago by ${stopped.by}; muster resume lets workers start again`);
}

/** What teams have done; nothing where there has been no run and no agent. */
export function teamFields({
  runs,
  meetingsHeld,
  tools,
  nextMeetingAt,
}: TeamWork): [string, string | undefined][] {
  const { succeeded, failed, ofJobs } = tools;
  return [
    ['meetings', runs === 0 ? undefined : `${meetingsHeld} held in the newest ${runs} runs`],
    ['next', nextMeetingAt === undefined ? undefined : `meeting ${until(nextMeetingAt)}`],
    [
      'tools',
      ofJobs === 0 ? undefined : `${succeeded} succeeded, ${failed} failed, of the newest ${ofJobs} agents`,
    ],
  ];
}

export function waitingLines({ waitsFor }: TeamWork): string[] {
  if (waitsFor.length === 0) return [];
  const lines = waitsFor.map(
    ({ id, title, expiresAt }) => `  ${id}  ${printableLine(title)} (expires ${until(expiresAt)})`,
  );
  return ['', 'Waiting for a person (muster approval show ID):', ...lines];
}

export function lastLines({ lastLines: lines }: TeamWork): string[] {
  const [first] = lines;
  if (!first) return [];
  return [
    '',
    `Last of ${first.run}:`,
    ...lines.map(({ at, message }) => `  ${at.slice(11, 19)}  ${printableLine(message)}`),
  ];
}

function until(time: string): string {
  const ms = Date.parse(time) - Date.now();
  return ms <= 0 ? 'now' : `in ${formatAge(ms)}`;
}
