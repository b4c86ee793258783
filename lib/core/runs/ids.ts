import type { GateKind } from '#contracts/gate.ts';

/*
 * Everything that a cycle makes has an id that follows from its place: making it a second time finds the first.
 * At most 40 characters: run (20), cycle (6), action (4), revision (3), kind (7).
 */

export function meetingJobId(run: string, cycle: number): string {
  return `${run}-c${cycle}-meet`;
}

export function cycleReviewJobId(run: string, cycle: number): string {
  return `${run}-c${cycle}-review`;
}

export interface ActionPlace {
  run: string;
  cycle: number;
  action: number;
  revision: number;
}

export function actionJobId({ run, cycle, action, revision }: ActionPlace): string {
  return `${run}-c${cycle}-a${action}-r${revision}-do`;
}

/** @param again how often this revision has been checked before */
export function checkJobId({ run, cycle, action, revision }: ActionPlace, again: number): string {
  return `${run}-c${cycle}-a${action}-r${revision}-check${again === 0 ? '' : again}`;
}

export function cycleGateId(run: string, cycle: number, kind: Extract<GateKind, 'plan' | 'release'>): string {
  return `${run}-c${cycle}-${kind}`;
}

export function recoveryIdOf(run: string, cycle: number): string {
  return `${run}-c${cycle}-recovery`;
}

export function actionGateId(
  { run, cycle, action, revision }: ActionPlace,
  kind: Extract<GateKind, 'action' | 'task'>,
): string {
  return `${run}-c${cycle}-a${action}-r${revision}-${kind}`;
}

/** What Step Functions takes. Source: StartExecution, name. */
const nameCharacters = 80;

/** `<team>-<objective's first words>-<run>-c<cycle>`: what the console's list shows. */
export function executionName(team: string, objective: string, run: string, cycle: number): string {
  const end = `-${run}-c${cycle}`;
  const words = objective
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const room = nameCharacters - end.length;
  return `${`${team}-${words}`.slice(0, room).replace(/-+$/, '')}${end}`;
}

/** `meeting_YYYYMMDD_HHMMSS`, UTC. */
export function meetingIdAt(ms: number): string {
  const [date = '', time = ''] = new Date(ms).toISOString().split('T');
  return `meeting_${date.replaceAll('-', '')}_${time.slice(0, 8).replaceAll(':', '')}`;
}
