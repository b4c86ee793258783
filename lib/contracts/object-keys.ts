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

/** Below an attempt's own folder: the workspace as it was at a checkpoint, by its content. */
export function workspaceName(sha256: string): string {
  return `workspace/${sha256}.tar.zst`;
}

export function artifactsPrefix(project: string, jobId: string, attempt: number): string {
  return `${attemptPrefix(project, jobId, attempt)}artifacts/`;
}

export function resultKey(project: string, jobId: string, attempt: number): string {
  return `${attemptPrefix(project, jobId, attempt)}result.json`;
}
