import { describe, expect, it } from '@jest/globals';
import { mayTouch, principalArn, requireProject, resolveCaller } from '#core/access.ts';

const role = 'arn:aws:iam::123456789012:role/Dev';
const session = 'arn:aws:sts::123456789012:assumed-role/Dev/ana@example.com';

describe('who calls [A10]', () => {
  it.each([
    ['a session of a role', session, role],
    ['a session in another partition', 'arn:aws-cn:sts::1:assumed-role/Dev/x', 'arn:aws-cn:iam::1:role/Dev'],
    ['a user', 'arn:aws:iam::1:user/ana', 'arn:aws:iam::1:user/ana'],
    [
      'a user who is named after a session',
      'arn:aws:iam::1:user/assumed-role/Dev/x',
      'arn:aws:iam::1:user/assumed-role/Dev/x',
    ],
  ])('is known by its role or user: %s', (_what, userArn, expected) => {
    expect(principalArn(userArn)).toBe(expected);
  });

  it('has the projects that the settings give to the role', () => {
    const access = {
      [role]: { projects: ['alpha'], approver: true },
      '*': { projects: '*' as const, approver: false },
    };
    expect(resolveCaller(access, session)).toEqual({ arn: role, projects: ['alpha'], approver: true });
    expect(resolveCaller(access, 'arn:aws:iam::1:user/ana')).toEqual({
      arn: 'arn:aws:iam::1:user/ana',
      projects: '*',
      approver: false,
    });
  });

  it('is refused when the settings do not name it, however well it is signed', () => {
    expect(() =>
      resolveCaller({ [role]: { projects: '*', approver: false } }, 'arn:aws:iam::1:user/eve'),
    ).toThrow(expect.objectContaining({ code: 'forbidden' }));
  });

  it('does not learn of projects that it may not touch', () => {
    const caller = { arn: role, projects: ['alpha'], approver: false };
    expect([mayTouch(caller, 'alpha'), mayTouch(caller, 'beta')]).toEqual([true, false]);
    expect(() => requireProject(caller, 'beta')).toThrow(
      expect.objectContaining({ code: 'not_found', status: 404 }),
    );
    expect(() => requireProject({ ...caller, projects: '*' }, 'beta')).not.toThrow();
  });
});
