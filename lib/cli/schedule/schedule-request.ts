import { AppError } from '#contracts/errors.ts';
import type { ScheduleWhen } from '#contracts/schedule.ts';
import { type SubmitOptions, toJobRequest } from '../job/job-request-options.ts';
import { type StartOptions, toRunRequest, toSeconds } from '../run/run-request-options.ts';

export interface AddOptions extends Omit<SubmitOptions, 'file'>, Omit<StartOptions, 'file'> {
  file?: string;
  cron?: string;
  zone?: string;
  every?: string;
  alarm?: string;
  with?: 'spending';
  cooldown?: string;
  overlap?: string;
  startsAt?: string;
  endsAt?: string;
}

export interface Named {
  name: string;
  kind: string;
  what: string;
  text: string | undefined;
}

/** The body of `POST /schedules`. What it means is checked where it is run; here only what was typed. */
export async function toScheduleRequest({ name, kind, what, text }: Named, options: AddOptions) {
  const { project, overlap, startsAt, endsAt } = options;
  return {
    name,
    ...(project !== undefined && { project }),
    when: toWhen(options),
    starts: await toStarts(kind, what, text, options),
    ...(overlap !== undefined && { overlap }),
    ...(startsAt !== undefined && { startsAt }),
    ...(endsAt !== undefined && { endsAt }),
  };
}
export type TypedSchedule = Awaited<ReturnType<typeof toScheduleRequest>>;

function toWhen({ cron, zone, every, alarm, cooldown }: AddOptions): ScheduleWhen {
  if (alarm !== undefined) return onAlarm(alarm, { cron, zone, every, cooldown });
  if (cooldown !== undefined)
    throw new AppError('invalid_request', '--cooldown is for alarms: name one with --alarm');
  if (cron !== undefined && every !== undefined)
    throw new AppError('invalid_request', 'there are a --cron and an --every; give one of them');
  if (every !== undefined && zone !== undefined)
    throw new AppError('invalid_request', '--zone means nothing to --every; it belongs to --cron');
  if (cron !== undefined) return { cron, ...(zone !== undefined && { timeZone: zone }) };
  if (every !== undefined) return { everySeconds: toSeconds(every) };
  throw new AppError('invalid_request', 'nothing says when it starts: give --cron, --every or --alarm', {
    remedy: 'like --cron "0 9 * * 1" --zone Europe/Berlin, or --every 30m',
  });
}

function onAlarm(
  alarm: string,
  { cooldown, ...times }: Pick<AddOptions, 'cron' | 'zone' | 'every' | 'cooldown'>,
): ScheduleWhen {
  const other = Object.entries(times).find(([, value]) => value !== undefined)?.[0];
  if (other !== undefined)
    throw new AppError('invalid_request', `there are an --alarm and a --${other}; give one of them`);
  return {
    alarm,
    ...(cooldown !== undefined && { cooldownMinutes: toSeconds(cooldown, '--cooldown') / 60 }),
  };
}

/** What means something to one kind alone: to the other it would be left out, and nobody would hear of that. */
const only = {
  run: [
    ...['cycles', 'workflow', 'set', 'recovery', 'within', 'steady', 'with', 'approvePlan'],
    ...['approveRelease', 'constraint', 'reference', 'learnsFrom'],
  ],
  job: ['payload', 'model', 'system', 'maxTokens', 'priority', 'timeout', 'maxAttempts', 'then'],
} as const satisfies Record<string, readonly (keyof AddOptions)[]>;

function requireNone(of: keyof typeof only, kind: string, options: AddOptions): void {
  const found = only[of].find((name) => options[name] !== undefined);
  if (found === undefined) return;
  const typed = found.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new AppError('invalid_request', `--${typed} is for ${of}s, and this starts a ${kind}`);
}

/** The project stands beside it. */
async function toStarts(kind: string, what: string, text: string | undefined, options: AddOptions) {
  const { project: _, every: __, file, ...rest } = options;
  if (kind === 'job') requireNone('run', kind, options);
  if (kind === 'run') requireNone('job', kind, options);
  if (kind === 'job') return { job: await toJobRequest(what, text, { ...rest, ...(file && { file }) }) };
  if (kind !== 'run')
    throw new AppError('invalid_request', `"${kind}" is nothing that can be started; say run or job`);
  if (file !== undefined)
    throw new AppError('invalid_request', '--file is for jobs; name what a run shall read with --reference');
  const { callbackUrl } = options;
  return {
    run: { ...toRunRequest(what, text, rest), ...(callbackUrl !== undefined && { callbackUrl }) },
    ...(options.with !== undefined && { with: options.with }),
  };
}
