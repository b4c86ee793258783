import { AppError } from '#contracts/errors.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { workspaceKey, workspaceName, workspacesFolder } from '#contracts/object-keys.ts';
import type { TurnRequest } from '#contracts/worker-protocol.ts';
import type { Deps } from '#core/ports/core-deps.ts';

type Workspace = NonNullable<TurnRequest['workspace']>;

function keyOf({ project, id, attempt }: JobRow, { number, sha256 }: Workspace): string {
  return workspaceKey(project, id, attempt, workspaceName(number, sha256));
}

/** Before the row names it: what the row names can always be read. */
export async function requireWorkspace(
  { objects }: Deps<'objects'>,
  row: JobRow,
  workspace: Workspace,
): Promise<void> {
  const { sha256, bytes } = workspace;
  const head = await objects.head(keyOf(row, workspace));
  if (head?.sha256 === sha256 && head.bytes === bytes) return;
  throw new AppError(
    'result_mismatch',
    `the workspace ${sha256} of job ${row.id} is not stored with its ${bytes} bytes`,
  );
}

/** A call that comes again, perhaps late, finds its own workspace or a later one, and changes nothing. */
export function recordWorkspace(row: JobRow, workspace: Workspace): JobRow {
  const { attempt, checkpoint } = row;
  const { number, sha256 } = workspace;
  const known = checkpoint?.workspace;
  if (known?.attempt === attempt && (known.number ?? 0) >= number) return row;
  return {
    ...row,
    checkpoint: {
      conversations: checkpoint?.conversations ?? {},
      workspace: { key: keyOf(row, workspace), sha256, attempt, number },
    },
  };
}

/**
 * Deletes the workspace that the row has just ceased to name. Never the one that it names, now or ever after:
 *
 *   row            1-aaa ─▶ 2-bbb ─▶ 3-aaa           attempt 2: 1-ccc
 *   this call              └ delete 1-aaa (late) ─────────────────▶ harmless
 *
 * A key is named once. The content of a workspace may come back, but under the next number of its attempt, and
 * `recordWorkspace` takes numbers that go up only; a stale worker's numbers are those of another attempt, whose
 * calls the fence refuses. So a delete that is carried out however late meets nothing that anybody reads: a worker
 * that starts reads what the row names, and the row moves on by that worker's own calls alone.
 *
 * Best effort, for the row is the truth: what is left behind is counted, and dropped by the bucket after a while.
 */
export async function dropSuperseded(
  { objects, metrics }: Deps<'objects' | 'metrics'>,
  before: JobRow,
  row: JobRow,
): Promise<void> {
  const old = before.checkpoint?.workspace?.key;
  if (old === undefined || old === row.checkpoint?.workspace?.key) return;
  // Rows may name a workspace in another place, where nothing may be deleted.
  if (!old.startsWith(workspacesFolder)) return;
  await objects.remove(old).catch(() => metrics.count('WorkspacesLeft'));
}
