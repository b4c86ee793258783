import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../lib/stacks/read-settings.ts';

function faultsOf(value: unknown): string {
  try {
    readSettings(value);
  } catch (error) {
    return String(error instanceof Error ? error.message : error);
  }
  return 'no fault';
}

describe('settings', () => {
  test('are all defaults when nothing is given', () => {
    expect(readSettings(undefined)).toMatchObject({
      profile: 'dev',
      network: 'public',
      maxConcurrentWorkers: 6,
      dataOnDelete: 'retain',
      logRetentionDays: 14,
    });
  });

  test('may be an object or its JSON', () => {
    expect(readSettings('{"architecture":"x86_64"}')).toEqual(readSettings({ architecture: 'x86_64' }));
  });

  test('that are wrong in several places name every place, the value and what is allowed', () => {
    expect(
      faultsOf({
        profile: 'prd',
        maxConcurrentWorkers: 0,
        logRetentionDays: 8,
        timings: { leaseSeconds: 10 },
      }),
    ).toBe(
      [
        'muster.settings has 4 faults:',
        '  - profile: Invalid option: expected one of "dev"|"prod" (it is "prd")',
        '  - maxConcurrentWorkers: Too small: expected number to be >=1 (it is 0)',
        '  - logRetentionDays: Invalid input: expected 7 | 14 | 30 | 90 | 365 (it is 8)',
        '  - timings: leaseSeconds must be at least twice heartbeatSeconds (it is {"leaseSeconds":10})',
      ].join('\n'),
    );
  });

  test('of the prod profile must say who has access', () => {
    expect(faultsOf({ profile: 'prod' })).toBe(
      'muster.settings has a fault:\n  - access: is required in the prod profile: name who may use which projects, as {"<role ARN>": {"projects": ["…"], "approver": false}}',
    );
  });

  test('with a misspelt name are refused with the names that there are', () => {
    expect(faultsOf({ profil: 'dev' })).toBe(
      'muster.settings has a fault:\n  - Unrecognized key: "profil"; there are profile, alarmEmail, approvalEmail, access, network, maxConcurrentWorkers, maxConcurrentFunctions, forceFargate, spot, exec, architecture, workerBaseImage, logRetentionDays, dataOnDelete, jobBudgetUsd, projectMonthBudgetUsd, accountBudgetUsd, timings',
    );
  });

  test('with a fault deep inside name its path', () => {
    expect(faultsOf({ access: { 'arn:aws:iam::1:role/a': { projects: 'Shop' } } })).toBe(
      'muster.settings has a fault:\n  - access.arn:aws:iam::1:role/a.projects: Invalid input: expected "*" | array (it is "Shop")',
    );
  });

  test('that are no JSON are shown as they came', () => {
    expect(faultsOf('{profile:dev}')).toBe(
      'muster.settings is not JSON: {profile:dev}\nPass an object, for example -c muster.settings=\'{"profile":"dev"}\'.',
    );
  });

  test('that are no object are refused', () => {
    expect(faultsOf('[]')).toBe(
      'muster.settings has a fault:\n  - Invalid input: expected object, received array',
    );
  });

  test('with more access than a function can be told are refused', () => {
    const entry = (index: number) => [`arn:aws:iam::111122223333:role/${index}`, { projects: '*' }];
    expect(faultsOf({ access: Object.fromEntries(Array.from({ length: 60 }, (_, i) => entry(i))) })).toMatch(
      /access: must be at most 2200 bytes as JSON/,
    );
  });

  test('with a role by its path, which its sessions do not tell, are refused', () => {
    const arn = 'arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_0a';
    expect(faultsOf({ access: { [arn]: { projects: '*' } } })).toBe(
      `muster.settings has a fault:\n  - access.${arn}: must leave out the path, for sessions of a role do not tell it: write arn:aws:iam::111122223333:role/AWSReservedSSO_Ops_0a`,
    );
  });
});
