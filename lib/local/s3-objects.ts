import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What is kept of an object besides its bytes. */
export interface ObjectMeta {
  key: string;
  size: number;
  /** MD5 in quotes. */
  etag: string;
  /** ISO 8601. */
  lastModified: string;
  /** `content-type`, `content-encoding`, `cache-control`, `x-amz-meta-…`: given back as they came. */
  headers: Record<string, string>;
  /** Base64, by algorithm: `sha256`, `crc32` … */
  checksums: Record<string, string>;
}

export type PutCondition = { ifNoneMatch: '*' } | { ifMatch: string } | undefined;

const HEADER_LENGTH_BYTES = 4;

/**
 * Objects as files. A file is named after the hash of its key, so that any key is safe on any disk, and holds
 * the metadata and then the bytes, so that one rename (or one exclusive link) makes both appear together.
 */
export class ObjectStore {
  readonly #dir: string;
  readonly #tmp: string;
  /** Key → metadata, read from disk at a bucket's first listing. */
  readonly #indexes = new Map<string, Map<string, ObjectMeta>>();

  constructor(dir: string) {
    this.#dir = join(dir, 'buckets');
    this.#tmp = join(dir, 'tmp');
    rmSync(this.#tmp, { recursive: true, force: true });
    mkdirSync(this.#tmp, { recursive: true });
    mkdirSync(this.#dir, { recursive: true });
  }

  createBucket(bucket: string): void {
    mkdirSync(join(this.#dir, bucket), { recursive: true });
  }

  hasBucket(bucket: string): boolean {
    return existsSync(join(this.#dir, bucket));
  }

  listBuckets(): { name: string; createdAt: string }[] {
    const names = readdirSync(this.#dir).sort();
    return names.map((name) => ({
      name,
      createdAt: statSync(join(this.#dir, name)).birthtime.toISOString(),
    }));
  }

  /** False when the condition did not hold; of two racers with `If-None-Match: *` exactly one gets true. */
  async put(bucket: string, meta: ObjectMeta, body: Buffer, condition: PutCondition): Promise<boolean> {
    const tmp = join(this.#tmp, randomUUID());
    const head = Buffer.from(JSON.stringify(meta));
    const length = Buffer.alloc(HEADER_LENGTH_BYTES);
    length.writeUInt32BE(head.length);
    await writeFile(tmp, Buffer.concat([length, head, body]));
    const file = this.#file(bucket, meta.key);
    mkdirSync(dirname(file), { recursive: true });
    // Nothing is awaited from here on: check and publication are one step for this process.
    if (condition && 'ifMatch' in condition && readMeta(file)?.etag !== condition.ifMatch) {
      rmSync(tmp, { force: true });
      return false;
    }
    if (!publish(tmp, file, condition !== undefined && 'ifNoneMatch' in condition)) return false;
    this.#indexes.get(bucket)?.set(meta.key, meta);
    return true;
  }

  head(bucket: string, key: string): ObjectMeta | undefined {
    return readMeta(this.#file(bucket, key));
  }

  async get(bucket: string, key: string): Promise<{ meta: ObjectMeta; body: Buffer } | undefined> {
    const data = await readFile(this.#file(bucket, key)).catch(undefinedIfMissing);
    if (data === undefined) return undefined;
    const end = HEADER_LENGTH_BYTES + data.readUInt32BE();
    const meta = JSON.parse(data.toString('utf8', HEADER_LENGTH_BYTES, end)) as ObjectMeta;
    return { meta, body: data.subarray(end) };
  }

  delete(bucket: string, key: string): void {
    rmSync(this.#file(bucket, key), { force: true });
    this.#indexes.get(bucket)?.delete(key);
  }

  /** Every object of a bucket in the order of its key's UTF-8 bytes, as S3 lists them. */
  list(bucket: string): ObjectMeta[] {
    const index = this.#indexes.get(bucket) ?? this.#load(bucket);
    this.#indexes.set(bucket, index);
    return [...index.values()].sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  }

  #load(bucket: string): Map<string, ObjectMeta> {
    const index = new Map<string, ObjectMeta>();
    const entries = readdirSync(join(this.#dir, bucket), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const meta = entry.isFile() ? readMeta(join(entry.parentPath, entry.name)) : undefined;
      if (meta) index.set(meta.key, meta);
    }
    return index;
  }

  #file(bucket: string, key: string): string {
    const name = createHash('sha256').update(key).digest('hex');
    return join(this.#dir, bucket, name.slice(0, 2), name);
  }
}

function publish(tmp: string, file: string, exclusive: boolean): boolean {
  if (!exclusive) {
    renameSync(tmp, file);
    return true;
  }
  try {
    linkSync(tmp, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(tmp, { force: true });
  }
}

function readMeta(file: string): ObjectMeta | undefined {
  if (!existsSync(file)) return undefined;
  const handle = openSync(file, 'r');
  try {
    const length = Buffer.alloc(HEADER_LENGTH_BYTES);
    readSync(handle, length, 0, HEADER_LENGTH_BYTES, 0);
    const head = Buffer.alloc(length.readUInt32BE());
    readSync(handle, head, 0, head.length, HEADER_LENGTH_BYTES);
    return JSON.parse(head.toString('utf8')) as ObjectMeta;
  } finally {
    closeSync(handle);
  }
}

function undefinedIfMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  return undefined;
}
