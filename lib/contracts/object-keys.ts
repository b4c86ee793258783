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

export function resultKey(project: string, jobId: string, attempt: number): string {
  return `${attemptPrefix(project, jobId, attempt)}result.json`;
}
