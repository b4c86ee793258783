import { expect, test } from '@jest/globals';
import { priceOf } from '#core/money/price.ts';
import { committed } from '#core/money/reserve.ts';
import { agentBody, keys, resultOf, runAgentAttempt, type Script } from '../../fakes/agent-attempt.ts';
import { makeWorkerCloud } from '../../fakes/worker-cloud.ts';

const model = 'claude-sonnet-5-5';
const usage = { inputTokens: 900, outputTokens: 1_200, cacheReadTokens: 0, cacheWriteTokens: 50 };

test('twenty agents side by side do not spend more than their project may, to the micro-dollar [A9]', async () => {
  const capMicroUsd = 1_500_000;
  const cloud = makeWorkerCloud({ keys, settings: { projectMonthMicroUsd: capMicroUsd } });
  let answered = 0;
  const script: Script = (turn) => {
    answered += 1;
    return { text: `Step ${turn}.`, calls: [{ name: 'bash', input: { command: `step ${turn}` } }], usage };
  };
  const ids: string[] = [];
  for (let n = 0; n < 20; n++) ids.push((await cloud.submit(agentBody({ maxTokens: 2_000 }))).id);
  await Promise.all(ids.map((id) => runAgentAttempt(cloud, id, { script })));

  const rows = await Promise.all(ids.map((id) => cloud.row(id)));
  const spent = rows.reduce((sum, { spentMicroUsd }) => sum + spentMicroUsd, 0);
  expect(rows.map(({ error }) => error?.code)).toEqual(ids.map(() => 'capped'));
  expect(rows.reduce((sum, row) => sum + committed(row), 0)).toBe(spent);
  expect(spent).toBeLessThanOrEqual(capMicroUsd);
  expect(spent).toBeGreaterThan(capMicroUsd / 2);

  const ledger = (await Promise.all(ids.map((id) => cloud.deps.ledger.entries(id)))).flat();
  expect(ledger.reduce((sum, { microUsd }) => sum + microUsd, 0)).toBe(spent);
  expect(spent).toBe(answered * priceOf(model, usage));
  for (const id of ids) {
    const result = await resultOf(cloud, id);
    expect(result.stopped).toMatchObject({
      cap: 'budget',
      message: expect.stringMatching(/project "default"/),
    });
  }
});
