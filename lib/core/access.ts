import type { Access, Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';

/** A session of a role is its role: `arn:aws:sts::1:assumed-role/Dev/ana` → `arn:aws:iam::1:role/Dev`. */
export function principalArn(userArn: string): string {
  const match = /^arn:([^:]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(userArn);
  return match ? `arn:${match[1]}:iam::${match[2]}:role/${match[3]}` : userArn;
}

/** The caller behind a signed request. Whoever the settings do not name is refused, however well signed. */
export function resolveCaller(access: Access, userArn: string): Caller {
  const arn = principalArn(userArn);
  const entry = access[arn] ?? access['*'];
  if (!entry) {
    throw new AppError('forbidden', `${arn} has no project here`, {
      remedy: 'add it to "access" in the settings and deploy again',
    });
  }
  return { arn, projects: entry.projects, approver: entry.approver };
}

export function mayTouch(caller: Caller, project: string): boolean {
  return caller.projects === '*' || caller.projects.includes(project);
}

/** 404, not 403: who may not touch a project does not learn what is in it. */
export function requireProject(caller: Caller, project: string): void {
  if (!mayTouch(caller, project))
    throw new AppError('not_found', `there is no project "${project}" that you may use`);
}

/** Whether somebody may read what the whole account costs: those who may touch every project. */
export function mayReadBill(caller: Caller): boolean {
  return caller.projects === '*';
}
