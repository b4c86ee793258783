import { AppError } from '#contracts/errors.ts';

export interface StartOptions {
  workflow?: string;
  set?: string[];
  dir?: string;
  project?: string;
  budget?: number;
  cycles?: number;
  approvePlan?: boolean;
  approveRelease?: boolean;
  constraint?: string[];
  file?: string[];
  reference?: string[];
  learnsFrom?: string[];
  recovery?: string;
  within?: string;
  steady?: string;
  every?: string;
  adapt?: string;
  idempotencyKey?: string;
  watch?: boolean;
}

/** The body of `POST /runs`. What it means is checked where it is run; here only what was typed. */
export function toRunRequest(team: string, objective: string | undefined, options: StartOptions) {
  const { workflow, approvePlan, approveRelease } = options;
  const values = valuesOf(options.set ?? []);
  if (objective !== undefined && workflow !== undefined)
    throw new AppError('invalid_request', 'there are an OBJECTIVE and a --workflow; give one of them');
  if (objective === undefined && workflow === undefined)
    throw new AppError('invalid_request', 'there is nothing to reach: give an OBJECTIVE or a --workflow', {
      remedy: `muster run start ${team} "…" · its workflows: muster team show ${team}`,
    });
  if (workflow === undefined && options.set !== undefined)
    throw new AppError('invalid_request', '--set fills in a workflow; name it with --workflow');
  const approvals = { ...(approvePlan && { plan: true }), ...(approveRelease && { release: true }) };
  return {
    team,
    ...(objective !== undefined && { objective }),
    ...(workflow !== undefined && { workflow: { id: workflow, values } }),
    ...(options.project !== undefined && { project: options.project }),
    ...contextOf(options),
    ...(options.budget !== undefined && { budgetUsd: options.budget }),
    ...(options.cycles !== undefined && { maxCycles: options.cycles }),
    ...(Object.keys(approvals).length > 0 && { approvals }),
    ...(options.learnsFrom && { learnsFrom: options.learnsFrom }),
    ...recoveryOf(options),
    ...cadenceOf(options),
  };
}

function contextOf({ constraint = [], file = [], reference = [] }: StartOptions) {
  if (constraint.length + file.length + reference.length === 0) return {};
  return { context: { constraints: constraint, files: file, referenceDocs: reference } };
}

function recoveryOf({ recovery: alarm, within, steady }: StartOptions) {
  if (alarm === undefined) {
    if (within === undefined && steady === undefined) return {};
    throw new AppError(
      'invalid_request',
      '--within and --steady say how an alarm is watched; name it with --recovery',
    );
  }
  const minutesOf = (text: string, option: string) => toSeconds(text, option) / 60;
  return {
    recovery: {
      alarm,
      ...(within !== undefined && { withinMinutes: minutesOf(within, '--within') }),
      ...(steady !== undefined && { steadyMinutes: minutesOf(steady, '--steady') }),
    },
  };
}

function cadenceOf({ every, adapt }: StartOptions) {
  if (every === undefined && adapt === undefined) return {};
  if (every === undefined)
    throw new AppError('invalid_request', `--adapt ${adapt} bounds what --every says; give --every, too`);
  const everySeconds = toSeconds(every);
  if (adapt === undefined) return { cadence: { everySeconds } };
  const [from = '', to = '', ...rest] = adapt.split('-');
  if (to === '' || rest.length > 0)
    throw new AppError(
      'invalid_request',
      `--adapt ${adapt} is not a shortest and a longest time like 10m-2h`,
    );
  const bounds = { fromSeconds: toSeconds(from, '--adapt'), toSeconds: toSeconds(to, '--adapt') };
  return { cadence: { everySeconds, adapt: bounds } };
}

/** `name=value` pairs; the value may hold further equals signs. */
export function valuesOf(pairs: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new AppError('invalid_request', `--set ${pair} is not of the form name=value`);
    const name = pair.slice(0, at);
    if (Object.hasOwn(values, name)) throw new AppError('invalid_request', `--set gives "${name}" twice`);
    values[name] = pair.slice(at + 1);
  }
  return values;
}

const unitSeconds = { s: 1, m: 60, min: 60, h: 3_600, d: 86_400 } as const;

/** `90s`, `30m` or `30min`, `2h`, `1d`. */
export function toSeconds(text: string, option = '--every'): number {
  const [, digits = '', unit = ''] = /^([1-9][0-9]{0,6})(s|m|min|h|d)$/.exec(text) ?? [];
  if (digits === '')
    throw new AppError('invalid_request', `${option} ${text} is not a time like 90s, 30m, 2h or 1d`);
  return Number(digits) * unitSeconds[unit as keyof typeof unitSeconds];
}
