import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { packFolder } from '../../../lib/adapters/client/pack-folder.ts';
import { readArchive } from '../../../lib/adapters/client/read-archive.ts';
import { requireTeam } from '../../../lib/adapters/teams/compile-teams.ts';
import type { GateView } from '../../../lib/contracts/gate.ts';
import type { FileView, UploadTarget } from '../../../lib/contracts/job-view.ts';
import type { RunRow } from '../../../lib/contracts/run-row.ts';
import type { RunView } from '../../../lib/contracts/run-view.ts';
import type { TeamDocument } from '../../../lib/contracts/team.ts';
import { workerEnvironment } from '../../../lib/contracts/worker-environment.ts';
import { type Client, until } from './client.ts';
import { type Bed, type BedOptions, setProviderKey, startBed } from './harness.ts';
import { objectiveOf } from './stories.ts';

/** Two cores, and other tests beside this one. */
const patience = { limitMs: 120_000 };

export function loadWorkshop(): Promise<TeamDocument> {
  return requireTeam(join(import.meta.dirname, '../teams/workshop'));
}

export type RunClient = ReturnType<typeof makeRunClient>;

/** Runs as people see them: by the signed HTTP API alone, but for `rowOf`. */
export function makeRunClient(client: Client) {
  const { call } = client;

  async function must<T>(method: string, path: string, document?: unknown): Promise<T> {
    const { status, text, body } = await call<T>(method, path, document);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return body;
  }

  async function start(request: object): Promise<RunView> {
    const headers = { 'idempotency-key': randomUUID() };
    const { status, text, body } = await call<RunView>('POST', '/runs', request, { headers });
    if (status !== 201) throw new Error(`POST /runs: ${status} ${text}`);
    return body;
  }

  const run = (id: string) => must<RunView>('GET', `/runs/${id}`);

  async function reaches(id: string, what: string, isThere: (run: RunView) => boolean): Promise<RunView> {
    let last: RunView | undefined;
    const look = async () => {
      last = await run(id);
      if (isThere(last)) return last;
      if (last.endedAt) throw new Error('it ended');
      return undefined;
    };
    try {
      return await until(`run ${id} ${what}`, look, patience);
    } catch (cause) {
      throw new Error(`run ${id} ${what}: ${(cause as Error).message}; it is ${JSON.stringify(last)}`, {
        cause,
      });
    }
  }

  async function rowOf(id: string): Promise<RunRow> {
    const items = await client.items();
    const found = items.find((item) => item.id === id && item.executionName !== undefined);
    if (!found) throw new Error(`There is no row of run ${id}`);
    return found as RunRow;
  }

  async function files(id: string): Promise<string[]> {
    const { items } = await must<{ items: FileView[] }>('GET', `/runs/${id}/files`);
    return items.map(({ path }) => path).sort();
  }

  async function file(id: string, path: string): Promise<string> {
    const { url } = await must<FileView>('GET', `/runs/${id}/files/${path}`);
    return (await fetch(url)).text();
  }

  return {
    must,
    start,
    run,
    reaches,
    rowOf,
    files,
    file,
    putTeam: (team: TeamDocument) => must('PUT', `/teams/${team.team.name}`, team),
    story: (name: string, more: object = {}) =>
      start({ team: 'workshop', project: name, objective: objectiveOf({ name }), ...more }),
    ended: (id: string) => reaches(id, 'ends', ({ endedAt }) => endedAt !== undefined),
    stop: (id: string) => must<RunView>('POST', `/runs/${id}/stop`),
    gate: (id: string) => must<GateView>('GET', `/approvals/${id}`),
    /** The gate of this kind, once the run waits for it. */
    async waitsFor(id: string, ending: string): Promise<GateView> {
      const { waitsFor } = await reaches(id, `waits for ${ending}`, (found) =>
        found.waitsFor.some((gate) => gate.endsWith(ending)),
      );
      return must<GateView>('GET', `/approvals/${waitsFor.find((gate) => gate.endsWith(ending))}`);
    },
    decide: ({ id, digest }: GateView, more: object = {}) =>
      must<GateView>('POST', `/approvals/${id}`, { decision: 'approve', digest, ...more }),
    async json<T>(id: string, path: string): Promise<T> {
      return JSON.parse(await file(id, path)) as T;
    },
    /** The run's files as they are, text by path. */
    async workspace(id: string): Promise<Record<string, string>> {
      const { workspace, project } = await rowOf(id);
      if (!workspace) return {};
      const job = workspace.key.split('/')[3];
      const path = workspace.key.split('/').slice(6).join('/');
      const place =
        workspace.key.startsWith(`projects/${project}/jobs/`) && job
          ? await must<FileView>('GET', `/jobs/${job}/files/${path}`)
          : undefined;
      if (!place) throw new Error(`the files of run ${id} are not a job's: ${workspace.key}`);
      const archive = Buffer.from(await (await fetch(place.url)).arrayBuffer());
      const entries = await readArchive(archive);
      const kept = entries.filter(({ kind }) => kind === 'file');
      return Object.fromEntries(kept.map(({ path, content }) => [path.toString(), content.toString()]));
    },
    /** Puts a folder where runs and tasks can name it. */
    async upload(project: string, folder: string): Promise<{ sha256: string; bytes: number }> {
      const { archive, sha256 } = await packFolder(folder);
      const place = { sha256, bytes: archive.length };
      const { items } = await must<{ items: UploadTarget[] }>('POST', '/uploads', {
        project,
        files: [place],
      });
      const { url = '', headers = {} } = items[0] ?? {};
      const { ok, status } = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(archive) });
      if (!ok) throw new Error(`the upload was answered with ${status}`);
      return place;
    },
  };
}

export type RunBed = Omit<Bed, keyof RunClient> & RunClient;

/** A cloud with the team `workshop` in it, and the offline model as its only provider. */
export async function startRunBed(options: BedOptions = {}): Promise<RunBed> {
  const bed = await startBed({ taskEnvironment: { [workerEnvironment.unsandboxed]: '1' }, ...options });
  await setProviderKey(bed);
  const runs = makeRunClient(bed);
  await runs.putTeam(await loadWorkshop());
  return { ...bed, ...runs };
}
