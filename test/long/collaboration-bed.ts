import { join } from 'node:path';
import type { ApiClient } from '../../lib/adapters/client/api-client.ts';
import type { GateView } from '../../lib/contracts/gate.ts';
import type { RunView } from '../../lib/contracts/run-view.ts';
import { makeFolder, muster, removeFolder, startMuster } from '../cli/harness.ts';
import { until } from '../local/end-to-end/client.ts';
import { openApi } from '../local/end-to-end/team-run.ts';

const patience = { limitMs: 300_000 };

export interface CollaborationBed {
  /** A folder that goes with the bed. */
  root: string;
  api: ApiClient;
  /** Types a command of `muster`; answers what it says on stdout. */
  typed(...args: string[]): Promise<string>;
  /** The run that a schedule has started. */
  startedBy(schedule: string): Promise<string>;
  /** The gate with this ending, when the run waits for it. */
  waitsFor(run: string, ending: string): Promise<GateView>;
  /** Says yes to the gate with this ending when the run waits for it. */
  agree(run: string, ending: string, more?: object): Promise<GateView>;
  ended(run: string): Promise<RunView>;
  close(): Promise<void>;
}

/** A local cloud, and the user of the team `collaboration`, who starts runs and decides. */
export async function openCollaborationBed(concurrency: number): Promise<CollaborationBed> {
  const root = makeFolder();
  const dataDir = join(root, 'data');
  const cloud = await startMuster(dataDir, ['--concurrency', String(concurrency)], { cwd: root });
  const api = await openApi(dataDir);
  const readRun = async (id: string) => (await api.call('readRun', { params: { id } })).body;

  async function typed(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await muster(['--data', dataDir, ...args], { cwd: root });
    if (code !== 0) throw new Error(`muster ${args.join(' ')}: ${code} ${stderr}`);
    return stdout.trim();
  }

  async function waitsFor(run: string, ending: string): Promise<GateView> {
    const look = async () => {
      const body = await readRun(run);
      if (body.endedAt !== undefined) throw new Error(`it ended ${JSON.stringify(body)}`);
      return body.waitsFor.find((id) => id.endsWith(ending));
    };
    const id = await until(`${run} waits for ${ending}`, look, patience);
    return (await api.call('readApproval', { params: { id } })).body;
  }

  return {
    root,
    api,
    typed,
    waitsFor,
    startedBy: (schedule) =>
      until(
        `${schedule} starts a run`,
        async () => (await api.call('readSchedule', { params: { id: schedule } })).body.recent[0]?.run,
        patience,
      ),
    async agree(run, ending, more = {}) {
      const { id, digest } = await waitsFor(run, ending);
      const body = { decision: 'approve', digest, ...more };
      return (await api.call('decideApproval', { params: { id }, body })).body;
    },
    ended: (run) =>
      until(
        `${run} ends`,
        async () => {
          const body = await readRun(run);
          return body.endedAt === undefined ? undefined : body;
        },
        patience,
      ),
    async close() {
      await cloud.stop();
      removeFolder(root);
    },
  };
}
