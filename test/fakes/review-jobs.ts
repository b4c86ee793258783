import { agentPayload, jobRequest } from '#contracts/job-request.ts';
import { inputKey, uploadKey } from '#contracts/object-keys.ts';
import { reviewPayload } from '#contracts/review.ts';
import { canonicalJson } from '#core/jobs/canonical-json.ts';
import { newJobRow } from '#core/jobs/new-job-row.ts';
import { everyone, traceparent } from './job-steps.ts';
import { sha256, type WorkerCloud } from './worker-cloud.ts';

export interface GivenFiles {
  base?: Uint8Array;
  mine?: Uint8Array;
  head?: Uint8Array;
}

export const reviewer = agentPayload.parse({
  prompt: '# Review of action 1\n\nAction: Mend the sum.',
  model: 'claude-sonnet-5-5',
  tools: ['list_files', 'read_file', 'bash'],
});

/** A job as a run makes it: nobody can submit one. */
export async function addReview(
  cloud: WorkerCloud,
  payload: unknown,
  files: GivenFiles = {},
): Promise<string> {
  const { deps } = cloud;
  const input = { type: 'review' as const, payload: reviewPayload.parse(payload) };
  const text = canonicalJson(input);
  const inputSha256 = sha256(text);
  const key = inputKey('default', inputSha256);
  await deps.objects.put(key, text);
  const store = (archive: Uint8Array) => {
    const place = { key: uploadKey('default', sha256(archive)), sha256: sha256(archive) };
    deps.objects.stored.set(place.key, Buffer.from(archive));
    return place;
  };
  const { base, mine, head } = files;
  const archives = { ...(base && { base: store(base) }), ...(head && { head: store(head) }) };
  const row = newJobRow(deps, {
    id: `run-0123456789abcdef-c1-1-check-${deps.random.hex(2)}`,
    callerArn: everyone.arn,
    requestSha256: inputSha256,
    inputSha256,
    inputKey: key,
    traceparent,
    request: jobRequest.parse({ type: 'review', payload: input.payload }),
    input,
    ...(mine && { inputWorkspace: store(mine) }),
    ...(Object.keys(archives).length > 0 && { archives }),
  });
  await deps.store.create(row);
  return row.id;
}
