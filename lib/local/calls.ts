export interface CallCount {
  /** The label of the principal that signed. */
  caller: string;
  service: string;
  operation: string;
  count: number;
}

/** Counts AWS calls by who made them, so that a bench can say what one job costs. */
export class CallCounter {
  readonly #counts = new Map<string, CallCount>();

  add(caller: string, service: string, operation: string): void {
    const key = JSON.stringify([caller, service, operation]);
    const row = this.#counts.get(key) ?? { caller, service, operation, count: 0 };
    row.count += 1;
    this.#counts.set(key, row);
  }

  list(): CallCount[] {
    return [...this.#counts.values()].map((row) => ({ ...row }));
  }

  reset(): void {
    this.#counts.clear();
  }
}

/** What a REST call is counted as. Ids in a path would make a row of every job, so only its first part counts. */
export function restOperation(
  service: string,
  method: string,
  rawPath: string,
  query: URLSearchParams,
): string {
  const [, first = '', ...rest] = rawPath.split('/');
  if (service !== 's3') return `${method} /${first}`;
  const level = rest.join('') !== '' ? 'Object' : first !== '' ? 'Bucket' : 'Buckets';
  if (method === 'GET' && level === 'Buckets') return 'ListBuckets';
  if (method === 'GET' && query.has('list-type')) return 'ListObjectsV2';
  if (method === 'POST' && query.has('delete')) return 'DeleteObjects';
  const verbs: Record<string, string> = { GET: 'Get', HEAD: 'Head', DELETE: 'Delete', POST: 'Post' };
  return `${method === 'PUT' ? (level === 'Bucket' ? 'Create' : 'Put') : (verbs[method] ?? method)}${level}`;
}
