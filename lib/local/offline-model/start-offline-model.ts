import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOfflineModel, type OfflineModelOptions } from './offline-model.ts';

export interface StartOfflineModelOptions extends OfflineModelOptions {
  /** 0, the default, takes any free port. */
  port?: number;
}

export interface RunningOfflineModel {
  /** Base address for an SDK. */
  url: string;
  /** Bodies of the requests so far, in order. */
  requests: unknown[];
  close(): Promise<void>;
}

/** The offline model on a loopback port of its own. */
export async function startOfflineModel(options: StartOfflineModelOptions): Promise<RunningOfflineModel> {
  const handle = createOfflineModel(options);
  const requests: unknown[] = [];
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    requests.push(tryParse(body.toString('utf8')));
    await handle(req, res, body).catch(() => res.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
