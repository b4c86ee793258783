/** Where objects lie in the bucket (design §4, S3). Built from ids and digests only, never from user text. */
export function inputKey(project: string, sha256: string): string {
  return `projects/${project}/inputs/${sha256}.json`;
}

export function uploadKey(project: string, sha256: string): string {
  return `projects/${project}/inputs/${sha256}`;
}

export function attemptPrefix(project: string, jobId: string, attempt: number): string {
  return `projects/${project}/jobs/${jobId}/attempts/${attempt}/`;
}

/** Segments of earlier attempts lie beside those of later ones; the row says which of them count. */
export function segmentKey(place: {
  project: string;
  jobId: string;
  conversation: string;
  segment: number;
  attempt: number;
}): string {
  const { project, jobId, conversation, segment, attempt } = place;
  const name = `${String(segment).padStart(6, '0')}-a${attempt}.json`;
  return `projects/${project}/jobs/${jobId}/transcript/${conversation}/${name}`;
}

/** All that lasts: inputs, results, transcripts, artifacts, files of runs. */
export const projectsFolder = 'projects/';

/**
 * Workspaces at checkpoints, and nothing else: here alone the control plane may delete, and the bucket drops what is
 * older than any job can be.
 */
export const workspacesFolder = 'workspaces/';

/** Answers that are kept for identical requests, by project: the bucket drops them after `limits.responseCacheHours`. */
export const responsesFolder = 'responses/';

/** @param key the request's, 64 hexadecimal digits */
export function responseObjectKey(project: string, key: string): string {
  return `${responsesFolder}${project}/${key}.json`;
}

/** What a worker calls the workspace that it stores: the how-manieth of its attempt, and the content. */
export function workspaceName(number: number, sha256: string): string {
  return `workspace/${number}-${sha256}.tar.zst`;
}

/** Never used twice: an attempt counts what it stores. */
export function workspaceKey(project: string, jobId: string, attempt: number, name: string): string {
  return `${workspacesFolder}${project}/${jobId}/${attempt}/${name.slice('workspace/'.length)}`;
}

export function artifactsPrefix(project: string, jobId: string, attempt: number): string {
  return `${attemptPrefix(project, jobId, attempt)}artifacts/`;
}

export function resultKey(project: string, jobId: string, attempt: number): string {
  return `${attemptPrefix(project, jobId, attempt)}result.json`;
}

export function planKey(project: string, sha256: string): string {
  return `projects/${project}/plans/${sha256}.json`;
}

export function memoryKey(project: string): string {
  return `projects/${project}/memory.md`;
}

export function memoryVersionKey(project: string, sha256: string): string {
  return `projects/${project}/memory/${sha256}.md`;
}

/** Whatever people and later meetings read of a cycle lies below this. */
export function cyclePrefix(project: string, run: string, cycle: number): string {
  return `${runPrefix(project, run)}cycles/${cycle}/`;
}

export function runPrefix(project: string, run: string): string {
  return `projects/${project}/runs/${run}/`;
}
