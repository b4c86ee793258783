import { expect, test } from '@jest/globals';
import { makeApiClient } from '../../lib/adapters/client/api-client.ts';
import { makeStopNotice } from '../../lib/cli/stop-notice.ts';
import { recordOutput } from '../fakes/recorded-output.ts';

const soon = { firstMs: 0, everyMs: 0 };

/** An API that says of its workers what it is given, and how often it was asked. */
function apiWith(stopped?: object) {
  let asked = 0;
  const health = {
    status: 'ok',
    version: '0.1.0',
    caller: 'arn:aws:iam::123456789012:role/dev',
    projects: '*',
    time: '2026-11-20T08:00:00.000Z',
    workers: { lanes: [], ...(stopped && { stopped }) },
  };
  const api = makeApiClient(
    {
      kind: 'aws',
      url: 'https://abc.execute-api.eu-central-1.amazonaws.com',
      region: 'eu-central-1',
      foundBy: '--api',
      offlineModel: false,
      credentials: async () => ({ accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' }),
      outputs: async () => ({}),
    },
    {
      fetch: async () => {
        asked++;
        return new Response(JSON.stringify(health));
      },
    },
  );
  return { api, asked: () => asked };
}

/** Until what was asked has been answered. */
const answered = () => new Promise((resolve) => setImmediate(resolve));

test('whoever waits for a worker hears once that everything was stopped, and what ends that [A9]', async () => {
  const { api } = apiWith({ by: 'arn:aws:iam::123456789012:role/on-call', at: '2026-11-20T08:00:00.000Z' });
  const { out, said } = recordOutput();
  const look = makeStopNotice(api, out, soon);
  for (let looks = 0; looks < 20; looks++) {
    look();
    await answered();
  }
  expect(said().match(/Stopped: everything, .* ago by .*on-call; muster resume/g)).toHaveLength(1);
});

test('nothing is said where nobody has stopped anything, and the API is asked now and then only', async () => {
  const { api, asked } = apiWith();
  const { out, said } = recordOutput();
  const look = makeStopNotice(api, out, { firstMs: 0, everyMs: 60_000 });
  for (let looks = 0; looks < 20; looks++) {
    look();
    await answered();
  }
  expect({ said: said(), asked: asked() }).toEqual({ said: '', asked: 1 });
});
