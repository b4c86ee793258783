import { beforeEach, describe, expect, it } from '@jest/globals';
import { destroy } from '#core/operations/destroy.ts';
import type { StackResource, Teardown } from '#core/ports/teardown.ts';

const table = 'AWS::DynamoDB::GlobalTable';
const bucket = 'AWS::S3::Bucket';
const gib = 1_073_741_824;
let done: string[];
let resources: StackResource[];
let isHalfGone: boolean;

/** A stack in memory: what is deleted has no bytes any more. */
function teardown(): Teardown {
  const gone = new Set<string>();
  const note = (what: string) => async (name: string) => {
    done.push(`${what} ${name}`);
    if (what.startsWith('delete')) gone.add(name);
  };
  return {
    resources: async () => resources,
    unprotectStack: async () => {
      done.push('unprotect the stack');
    },
    isHalfGone: async () => isHalfGone,
    deleteStack: async (machines) => {
      done.push(`delete stack${machines.map((arn) => `, stopping what runs of ${arn}`).join('')}`);
    },
    emptyBucket: note('empty'),
    deleteBucket: note('delete bucket'),
    unprotectTable: note('unprotect'),
    deleteTable: note('delete table'),
    bytesOf: async ({ name, type }) => (gone.has(name) ? undefined : type === bucket ? 10 * gib : 2 * gib),
  };
}

beforeEach(() => {
  done = [];
  isHalfGone = false;
  resources = [
    { type: table, name: 'rows', retained: true },
    { type: bucket, name: 'bodies', retained: true },
    { type: 'AWS::Lambda::Function', name: 'fn', retained: false },
    { type: 'AWS::SecretsManager::Secret', name: 'keys', retained: true },
  ];
});

const run = (data: 'keep' | 'delete') =>
  destroy(
    {
      teardown: teardown(),
      stopEverything: async () => {
        done.push('stop all');
      },
      say: () => {},
    },
    data,
  );

describe('taking a deployment down', () => {
  it('keeps the data, and lists what is left with what it costs a month [A8]', async () => {
    expect(await run('keep')).toEqual([
      { type: table, name: 'rows', usdPerMonth: 0.5 },
      { type: bucket, name: 'bodies', usdPerMonth: 0.23 },
      { type: 'AWS::SecretsManager::Secret', name: 'keys', usdPerMonth: 0.4 },
    ]);
    expect(done).toEqual(['stop all', 'unprotect the stack', 'delete stack']);
  });

  it('deletes the data too: first what would block the stack, then what outlives it [A8]', async () => {
    expect((await run('delete')).map(({ name }) => name)).toEqual(['keys']);
    expect(done).toEqual([
      'stop all',
      'unprotect rows',
      'empty bodies',
      'unprotect the stack',
      'delete stack',
      'delete table rows',
      'empty bodies',
      'delete bucket bodies',
    ]);
  });

  it('leaves to the stack what goes with it', async () => {
    resources = resources.map((resource) => ({ ...resource, retained: false }));
    expect(await run('delete')).toEqual([]);
    expect(done).toEqual([
      'stop all',
      'unprotect rows',
      'empty bodies',
      'unprotect the stack',
      'delete stack',
    ]);
  });

  it('ends executions that wait, for their machine stays until they have ended [A8]', async () => {
    resources = [{ type: 'AWS::StepFunctions::StateMachine', name: 'arn:cycle', retained: false }];
    await run('keep');
    expect(done.at(-1)).toBe('delete stack, stopping what runs of arn:cycle');
  });

  it('goes on where the stack was deleted in part before, and nobody answers any more [A8]', async () => {
    isHalfGone = true;
    await run('delete');
    expect(done.slice(0, 3)).toEqual(['unprotect rows', 'empty bodies', 'delete stack']);
  });

  it('deletes nothing where data is to be kept and the stack would take it along', async () => {
    resources = resources.map((resource) => ({ ...resource, retained: false }));
    await expect(run('keep')).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'the stack takes rows and bodies with it; nothing was deleted',
    });
    expect(done).toEqual([]);
  });
});
