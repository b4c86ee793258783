import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ProviderKeys } from '../../../lib/contracts/provider-keys.ts';
import { functionWorkerId, type Settings } from '../../../lib/contracts/settings.ts';
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '../../../lib/local/cloud.ts';
import { createOfflineModel } from '../../../lib/local/offline-model/offline-model.ts';
import { chatScript, readScript } from '../../../lib/local/offline-model/read-script.ts';
import { parseScript } from '../../../lib/local/offline-model/script.ts';
import { assemblyOf } from './assembly.ts';
import { type Client, makeClient, type Reachable } from './client.ts';

const timings: Partial<Settings['timings']> = {
  heartbeatSeconds: 1,
  leaseSeconds: 20,
  startSeconds: 30,
  dispatchSeconds: 3,
  missingGraceSeconds: 3,
  retryBaseSeconds: 0.2,
  retryCapSeconds: 1,
  outboxRetrySeconds: 1,
  blockedCheckSeconds: 2,
  slotGraceSeconds: 3,
};

const account = '000000000000';
export const guestArn = `arn:aws:sts::${account}:assumed-role/guest/visit`;
export const strangerArn = `arn:aws:iam::${account}:user/stranger`;

/** As deployed, only faster. The lease is long enough for a machine that is busy with other tests. */
export const briskSettings = {
  maxConcurrentWorkers: 4,
  timings,
  access: {
    [`arn:aws:iam::${account}:user/local`]: { projects: '*', approver: true },
    [`arn:aws:iam::${account}:role/guest`]: { projects: ['guest'] },
  },
};

/** A worker is given up after four seconds. */
export const hastySettings = { ...briskSettings, timings: { ...timings, leaseSeconds: 4 } };

export interface Place {
  assemblyDir: string;
  dataDir: string;
  remove(): void;
}

/** The synthesized app, and an empty folder for a cloud's data. */
export async function makePlace(settings: object): Promise<Place> {
  const assemblyDir = await assemblyOf(settings);
  const root = mkdtempSync(join(tmpdir(), 'muster-e2e-'));
  return {
    assemblyDir,
    dataDir: join(root, 'data'),
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }),
  };
}

export interface Bed extends Client {
  cloud: LocalCloud;
  dataDir: string;
  assemblyDir: string;
  /** Bodies of the requests that the offline model got, in order. */
  modelRequests: Record<string, unknown>[];
  close(): Promise<void>;
}

export interface BedOptions extends Partial<LocalCloudOptions> {
  settings?: object;
  /** Rules of the offline model that come before those which Muster brings. */
  modelRules?: object[];
}

/** A cloud in this process, on a free port, with everything closed by `close`. */
export async function startBed(options: BedOptions = {}): Promise<Bed> {
  const { settings = briskSettings, modelRules = [], ...cloudOptions } = options;
  const place = await makePlace(settings);
  const modelRequests: Record<string, unknown>[] = [];
  const { rules } = await readScript(chatScript);
  const model = createOfflineModel({ script: parseScript({ rules: [...modelRules, ...rules] }), deltaMs: 0 });
  const cloud = await startLocalCloud({
    assemblyDir: place.assemblyDir,
    dataDir: place.dataDir,
    secrets: () => '{}',
    // More than there are slots: what bounds the workers has to be the slots.
    concurrency: 8,
    workerLabels: [functionWorkerId],
    // Instead of every minute.
    ruleTickMs: 1_000,
    open: {
      '/offline-model': (req, res, body) => {
        modelRequests.push(JSON.parse(body.toString('utf8')));
        return model(req, res, body);
      },
    },
    ...cloudOptions,
  });
  const client = makeClient(cloud);
  return {
    ...client,
    cloud,
    dataDir: place.dataDir,
    assemblyDir: place.assemblyDir,
    modelRequests,
    async close() {
      client.destroy();
      await cloud.close();
      place.remove();
    },
  };
}

/** What `muster keys set` does: the offline model takes any key. */
export function setProviderKey(
  { callService, cloud }: Pick<Bed, 'callService' | 'cloud'>,
  more: ProviderKeys = {},
): Promise<void> {
  return putProviderKey({ callService }, cloud, more);
}

/** The same, in whatever process the cloud runs. */
export async function putProviderKey(
  { callService }: Pick<Client, 'callService'>,
  { url, outputs }: Reachable,
  more: ProviderKeys = {},
): Promise<void> {
  const keys = { anthropic: { apiKey: 'offline', baseUrl: `${url}/offline-model` }, ...more };
  await callService('secretsmanager', 'secretsmanager.PutSecretValue', {
    SecretId: outputs.ProviderSecretName,
    SecretString: JSON.stringify(keys),
  });
}

export interface CloudProcess extends Client {
  at: Reachable;
  pid: number;
  /** Resolves with exit code and signal when the process is gone. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** A cloud in a process of its own, so that it can be killed. A second one may follow in the same place. */
export async function spawnCloud(
  { assemblyDir, dataDir }: Place,
  options: Pick<BedOptions, 'modelRules' | 'taskEnvironment'> = {},
): Promise<CloudProcess> {
  const script = join(import.meta.dirname, 'cloud-process.ts');
  const child = spawn(process.execPath, [script, assemblyDir, dataDir, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  });
  const at = JSON.parse(await firstLine(child)) as Reachable;
  const client = makeClient(at);
  return {
    ...client,
    at,
    pid: child.pid ?? 0,
    async end(signal) {
      client.destroy();
      const isGone = child.exitCode !== null || child.signalCode !== null;
      child.kill(signal);
      if (!isGone) await once(child, 'exit');
      return { code: child.exitCode, signal: child.signalCode };
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('The cloud has no stdout');
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve, reject) => {
    lines.once('line', resolve);
    child.once('exit', (code) => reject(new Error(`The cloud ended with ${code} before it was ready`)));
  });
}
