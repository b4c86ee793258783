import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EchoResult } from '../../../lib/contracts/job-view.ts';
import { type Bed, briskSettings, startBed } from './harness.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await startBed({ settings: { ...briskSettings, profile: 'prod', exec: true } });
}, 120_000);
afterAll(() => bed?.close(), 20_000);

test('what prod deploys runs here too, with its key, its logs and its open workers [D8] [A10]', async () => {
  const { id } = await bed.submit({ type: 'echo', payload: { message: 'from prod' } });
  const ended = await bed.ended(id);
  expect(ended).toMatchObject({ status: 'SUCCEEDED', attempt: 1, capacity: 'on_demand' });
  expect((await bed.result<EchoResult>(id)).message).toBe('from prod');
  expect(await bed.task(ended.links.taskArn ?? '')).toMatchObject({ enableExecuteCommand: true });
}, 60_000);
