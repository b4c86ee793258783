import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { workerKey } from './control-plane-server.ts';

export const ticket = '7c'.repeat(32);

export interface WorkerProcess {
  pid: number;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when this text has been written to stdout. */
  says(text: string): Promise<void>;
  /** Resolves when the process has ended. */
  exit: Promise<{ code: number | null; stdout: string; stderr: string; milliseconds: number }>;
}

const main = fileURLToPath(new URL('../../worker-image/main.ts', import.meta.url));

/** The real worker, as ECS or the local cloud would start it. */
export function startWorkerProcess(
  apiUrl: string,
  overrides: Record<string, string> = {},
  program = main,
): WorkerProcess {
  const begunMs = Date.now();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    env: {
      MUSTER_API_URL: apiUrl,
      JOB_ID: 'job-1',
      MUSTER_ATTEMPT: '1',
      MUSTER_TICKET: ticket,
      TRACEPARENT: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: workerKey.accessKeyId,
      AWS_SECRET_ACCESS_KEY: workerKey.secretAccessKey,
      ...overrides,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const exit = new Promise<Awaited<WorkerProcess['exit']>>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr, milliseconds: Date.now() - begunMs }));
  });
  const says = (text: string) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (stdout.includes(text)) resolve();
      };
      child.stdout.on('data', look);
      look();
    });
  return { pid: child.pid ?? 0, kill: (signal) => void child.kill(signal), says, exit };
}
