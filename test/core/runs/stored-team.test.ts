import { describe, expect, test } from '@jest/globals';
import { putTeam } from '#core/runs/stored-team.ts';
import { documentWith } from '../../fakes/a-team.ts';
import { everyone } from '../../fakes/job-steps.ts';
import { makeMemoryRunDeps } from '../../fakes/memory-run-deps.ts';

describe('a team', () => {
  const document = documentWith();
  const { name } = document.team;

  function put(changes: Partial<typeof everyone>) {
    const deps = { ...makeMemoryRunDeps(), teamBytes: 350_000 };
    return putTeam(deps, { ...everyone, ...changes }, name, document);
  }

  test('is put by an approver of all projects, for all may run it [D4]', async () => {
    expect((await put({})).document.team.name).toBe(name);
    await expect(put({ approver: false })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(put({ projects: ['shop'] })).rejects.toMatchObject({
      code: 'forbidden',
      message: 'arn:aws:iam::1:role/Client may not put teams, for a team is there for every project',
    });
  });
});
