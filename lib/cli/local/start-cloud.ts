import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { readLocalFile, removeLocalFile, writeLocalFile } from '#adapters/client/local-file.ts';
import { AppError } from '#contracts/errors.ts';
import type { FunctionVariable } from '#contracts/function-env.ts';
import { functionWorkerId, outputs as outputNames } from '#contracts/settings.ts';
import { workerEnvironment } from '#contracts/worker-environment.ts';
import { type LocalCloud, startLocalCloud } from '../../local/cloud.ts';
import { threadsPerFunction } from '../../local/lambda-pool.ts';
import { acquireDataLock } from '../../local/lock.ts';
import { createOfflineModel } from '../../local/offline-model/offline-model.ts';
import { readOfflineScripts } from '../../local/offline-model/read-script.ts';
import { freePort } from './free-port.ts';
import {
  chooseKeys,
  keptKeys,
  keysOfEnvironment,
  noteEnvironmentKeys,
  offlineModelPath,
} from './provider-secret.ts';
import { synthesize } from './synthesize.ts';

export interface StartCloudOptions {
  dataDir: string;
  /** Without one: the usual port, or any free one. */
  port?: number | undefined;
  /** Workers at once; default: the machine's cores. */
  concurrency?: number | undefined;
  /** JSON over `muster.settings` of cdk.json. */
  settings?: string | undefined;
  /** A cloud assembly to run as it is, settings and all, instead of synthesizing one. */
  assemblyDir?: string | undefined;
  /** Whether agents' tools may run as whoever runs this, where nothing better is possible. Default: no. */
  unsandboxed?: boolean | undefined;
  /** Whether callback addresses may be on this machine. Default: no, as deployed. */
  loopbackWebhooks?: boolean | undefined;
  /** Told what is being done. */
  onStep?(step: string): void;
  signal: AbortSignal;
}

export interface RunningCloud {
  url: string;
  dataDir: string;
  workers: number;
  offlineModel: boolean;
  cloud: LocalCloud;
  close(): Promise<void>;
}

/**
 * Synthesizes the stack, runs it on this machine and says so in `<data>/local.json`.
 *
 * @throws AppError `busy` for a data folder in use, `unavailable` for a port in use, `invalid_request` for settings
 */
export async function startCloud(options: StartCloudOptions): Promise<RunningCloud> {
  const { dataDir, onStep = () => undefined, signal } = options;
  const workers = options.concurrency ?? availableParallelism();
  const port = await freePort(options.port);
  const assemblyDir = options.assemblyDir ?? (await synthesizeInto(options, workers));
  // Makes the folder, and says who has it; the cloud itself locks it for good.
  lockData(dataDir)();
  onStep('starting the local cloud');
  const { cloud, offlineModel } = await runAssembly(options, assemblyDir, workers, port);
  if (signal.aborted) {
    await cloud.close();
    throw signal.reason;
  }
  announce(dataDir, cloud, offlineModel);
  return {
    url: cloud.url,
    dataDir,
    workers,
    offlineModel,
    cloud,
    async close() {
      removeLocalFile(dataDir);
      await cloud.close();
    },
  };
}

/** The folder is held meanwhile: another cloud would lose its code under its feet. */
async function synthesizeInto(options: StartCloudOptions, workers: number): Promise<string> {
  const { dataDir, onStep = () => undefined, signal } = options;
  const outputDir = resolve(dataDir, 'cdk.out');
  const unlock = lockData(dataDir);
  try {
    onStep('synthesizing the stack');
    const settings = {
      maxConcurrentWorkers: workers,
      maxConcurrentFunctions: threadsPerFunction,
      ...parseSettings(options.settings),
    };
    await synthesize({ outputDir, settings, signal });
    return outputDir;
  } finally {
    unlock();
  }
}

function lockData(dataDir: string): () => void {
  try {
    return acquireDataLock(dataDir);
  } catch (cause) {
    if (isSystemError(cause)) {
      throw new AppError('invalid_request', `the data folder cannot be used: ${cause.message}`, {
        cause,
        remedy: 'choose another folder with --data DIR',
      });
    }
    const other = readLocalFile(dataDir);
    throw new AppError('busy', cause instanceof Error ? cause.message : `${dataDir} cannot be locked`, {
      cause,
      retryable: false,
      remedy: other
        ? `use the one that runs, at ${other.apiUrl}, or stop it: kill ${other.pid}`
        : 'choose another folder with --data DIR',
    });
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

async function runAssembly(
  { dataDir, unsandboxed = false, loopbackWebhooks = false }: StartCloudOptions,
  assemblyDir: string,
  workers: number,
  port: number,
) {
  const environment = keysOfEnvironment();
  noteEnvironmentKeys(dataDir, environment);
  let offlineModel = false;
  const url = `http://127.0.0.1:${port}`;
  const cloud = await startLocalCloud({
    assemblyDir,
    dataDir,
    port,
    concurrency: workers,
    workerLabels: [functionWorkerId],
    secrets: ({ name }) => {
      const chosen = chooseKeys(environment, keptKeys(dataDir, name), url);
      offlineModel = chosen.offlineModel;
      return JSON.stringify(chosen.keys);
    },
    // Machines of one's own are next to this one; from AWS nobody reaches them.
    environment: {
      SELF_HOSTED_MODELS: 'true',
      LOOPBACK_WEBHOOKS: String(loopbackWebhooks),
    } satisfies Partial<Record<FunctionVariable, string>>,
    taskEnvironment: {
      // Its words come with Muster: there is nobody to keep apart from this machine.
      [workerEnvironment.unsandboxedFor]: `${url}${offlineModelPath}`,
      ...(unsandboxed && { [workerEnvironment.unsandboxed]: '1' }),
    },
    open: { [offlineModelPath]: createOfflineModel(await readOfflineScripts()) },
  });
  return { cloud, offlineModel };
}

function announce(dataDir: string, cloud: LocalCloud, offlineModel: boolean): void {
  const { url, region, outputs, clientCredentials } = cloud;
  writeLocalFile(dataDir, {
    apiUrl: outputs[outputNames.apiUrl] ?? url,
    wsUrl: outputs[outputNames.streamUrl],
    endpointUrl: url,
    region,
    ...clientCredentials,
    pid: process.pid,
    outputs,
    offlineModel,
  });
}

function parseSettings(text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new AppError('invalid_request', `--settings is not JSON: ${text}`, { cause });
  }
}
