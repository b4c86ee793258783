import type { JobInput } from '#contracts/job-input.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { uploadKey } from '#contracts/object-keys.ts';

/** The uploaded archive that an agent's job begins with. */
export function inputWorkspaceOf(project: string, input: JobInput): Pick<JobRow, 'inputWorkspace'> {
  if (input.type !== 'agent' || !input.payload.workspace) return {};
  const { sha256 } = input.payload.workspace;
  return { inputWorkspace: { key: uploadKey(project, sha256), sha256 } };
}
