import { afterAll, beforeAll, beforeEach, describe } from '@jest/globals';
import { makeMemoryDeps } from '../../fakes/memory-deps.ts';
import { type LocalAws, startLocalAws } from './local-aws.ts';

export type StoredPorts = Awaited<ReturnType<LocalAws['fresh']>>;

/** The same sentences about a port, once over memory and once over the real adapters and the local services. */
export function describePorts(title: string, sentences: (ports: () => StoredPorts) => void): void {
  let ports: StoredPorts;
  describe(`${title} in memory`, () => {
    beforeEach(() => {
      ports = makeMemoryDeps();
    });
    sentences(() => ports);
  });
  describe(`${title} on AWS`, () => {
    let aws: LocalAws;
    beforeAll(async () => {
      aws = await startLocalAws();
    });
    afterAll(() => aws.close());
    beforeEach(async () => {
      ports = await aws.fresh();
    });
    sentences(() => ports);
  });
}
