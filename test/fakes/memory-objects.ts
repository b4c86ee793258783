import type { ObjectHead, Objects, PresignedPut } from '#core/ports/objects.ts';
import { systemDigest } from '../../lib/adapters/system.ts';

interface StoredObject {
  body: string;
  sha256: string;
}

/** A bucket in memory. What is behind a presigned address is done with `putTo`, under the address's own terms. */
export class MemoryObjects implements Objects {
  readonly stored = new Map<string, StoredObject>();

  async put(key: string, body: string): Promise<void> {
    this.stored.set(key, { body, sha256: systemDigest.sha256(body) });
  }

  async putOnce(key: string, body: string): Promise<'stored' | 'exists'> {
    if (this.stored.has(key)) return 'exists';
    await this.put(key, body);
    return 'stored';
  }

  async get(key: string): Promise<string | undefined> {
    return this.stored.get(key)?.body;
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    const found = this.stored.get(key);
    return found && { bytes: new TextEncoder().encode(found.body).length, sha256: found.sha256 };
  }

  async remove(key: string): Promise<void> {
    this.stored.delete(key);
  }

  async list(prefix: string, limit: number): Promise<{ key: string; bytes: number }[]> {
    const keys = [...this.stored.keys()].filter((key) => key.startsWith(prefix)).sort();
    return keys
      .slice(0, limit)
      .map((key) => ({ key, bytes: new TextEncoder().encode(this.stored.get(key)?.body).length }));
  }

  async presignGet(key: string, seconds: number): Promise<string> {
    return `memory://${key}?seconds=${seconds}`;
  }

  async presignPut(
    key: string,
    content: { sha256: string; bytes: number },
    _seconds: number,
    once: boolean,
  ): Promise<PresignedPut> {
    const headers = { 'content-length': String(content.bytes), ...(once ? { 'if-none-match': '*' } : {}) };
    return { url: `memory://${key}?sha256=${content.sha256}`, headers };
  }

  /** Uploads to an address of `presignPut`. `exists` is what S3's 412 says. */
  putTo({ url, headers }: PresignedPut, body: string): 'stored' | 'exists' | 'refused' {
    const { key, sha256 } = /^memory:\/\/(?<key>.*)\?sha256=(?<sha256>.*)$/.exec(url)?.groups ?? {};
    if (!key || sha256 !== systemDigest.sha256(body)) return 'refused';
    if (headers['if-none-match'] === '*' && this.stored.has(key)) return 'exists';
    this.stored.set(key, { body, sha256 });
    return 'stored';
  }

  uri(key: string): string {
    return `s3://memory/${key}`;
  }
}
