import { join } from 'node:path';
import { type ApiClient, makeApiClient } from '../../../lib/adapters/client/api-client.ts';
import { findApi } from '../../../lib/adapters/client/find-api.ts';
import { packFolder } from '../../../lib/adapters/client/pack-folder.ts';
import { upload } from '../../../lib/adapters/client/upload.ts';
import { terminalRunStatuses } from '../../../lib/contracts/run-states.ts';
import type { RunView } from '../../../lib/contracts/run-view.ts';

export const repository = join(import.meta.dirname, '../../..');

export async function openApi(dataDir: string): Promise<ApiClient> {
  return makeApiClient(await findApi({ dataDir }, {}));
}

export interface TeamRun {
  team: string;
  objective: string;
  /** Below the repository; without it the run begins with no files. */
  folder?: string;
  maxCycles: number;
}

/** Starts a run of a team and follows it to its end. */
export async function runTeam(api: ApiClient, { folder, ...request }: TeamRun): Promise<RunView> {
  const packed = folder === undefined ? undefined : await packFolder(join(repository, folder));
  const workspace = packed && (await upload(api, undefined, { body: packed.archive, sha256: packed.sha256 }));
  const body = { ...request, ...(workspace && { workspace }) };
  const { id } = (await api.call('startRun', { body, idempotencyKey: crypto.randomUUID() })).body;
  for (;;) {
    const { body: run } = await api.call('readRun', { params: { id } });
    if ((terminalRunStatuses as readonly string[]).includes(run.status)) return run;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** A file that the run has left. */
export async function readRunFile(api: ApiClient, id: string, path: string): Promise<string> {
  const { body } = await api.call('readRunFile', { params: { id, path } });
  return (await fetch(body.url)).text();
}

/** `1 DONE`, in the order of the plan. */
export function endsOf(run: RunView, cycle: number): string[] {
  const found = run.cycles.find((each) => each.cycle === cycle);
  return (found?.actions ?? []).map(({ id, status }) => `${id} ${status}`);
}
