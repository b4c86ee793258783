import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** What is kept of an object besides its bytes. */
export interface ObjectMeta {
  key: string;
  size: number;
  /** MD5 in quotes. */
  etag: string;
  /** ISO 8601. */
  lastModified: string;
  /** `content-type`, `cache-control`, `x-amz-meta-…`: given back as they came. */
  headers: Record<string, string>;
  /** By header: `x-amz-checksum-sha256` … */
  checksums: Record<string, string>;
}

const headerLengthBytes = 4;

/**
 * Objects as files. A file is named after the hash of its key, so that any key is safe on any disk, and holds
 * the metadata and then the bytes, so that one rename (or one exclusive link) makes both appear together.
 */
export class ObjectStore {
  readonly #dir: string;
  readonly #tmp: string;
  readonly #buckets = new Set<string>();

  constructor(dir: string) {
    this.#dir = join(dir, 'buckets');
    this.#tmp = join(dir, 'tmp');
    rmSync(this.#tmp, { recursive: true, force: true });
    mkdirSync(this.#tmp, { recursive: true });
  }

  addBucket(bucket: string): void {
    mkdirSync(join(this.#dir, bucket), { recursive: true });
    this.#buckets.add(bucket);
  }

  hasBucket(bucket: string): boolean {
    return this.#buckets.has(bucket);
  }

  /** Of two racers with `isNew` exactly one gets true. */
  put(bucket: string, meta: ObjectMeta, body: Buffer, isNew: boolean): boolean {
    const tmp = join(this.#tmp, randomUUID());
    const file = this.#file(bucket, meta.key);
    const head = Buffer.from(JSON.stringify(meta));
    const length = Buffer.alloc(headerLengthBytes);
    length.writeUInt32BE(head.length);
    writeFileSync(tmp, Buffer.concat([length, head, body]));
    mkdirSync(dirname(file), { recursive: true });
    try {
      if (isNew) linkSync(tmp, file);
      else renameSync(tmp, file);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(tmp, { force: true });
    }
  }

  get(bucket: string, key: string): { meta: ObjectMeta; body: Buffer } | undefined {
    const file = this.#file(bucket, key);
    return existsSync(file) ? read(file) : undefined;
  }

  /** Also where there is nothing. */
  remove(bucket: string, key: string): void {
    rmSync(this.#file(bucket, key), { force: true });
  }

  /** Every object of a bucket in the order of its key's UTF-8 bytes, as S3 lists them. */
  list(bucket: string): ObjectMeta[] {
    const entries = readdirSync(join(this.#dir, bucket), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const metas = files.map((entry) => read(join(entry.parentPath, entry.name)).meta);
    return metas.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  }

  #file(bucket: string, key: string): string {
    const name = createHash('sha256').update(key).digest('hex');
    return join(this.#dir, bucket, name.slice(0, 2), name);
  }
}

function read(file: string): { meta: ObjectMeta; body: Buffer } {
  const data = readFileSync(file);
  const end = headerLengthBytes + data.readUInt32BE();
  const meta = JSON.parse(data.toString('utf8', headerLengthBytes, end)) as ObjectMeta;
  return { meta, body: data.subarray(end) };
}
