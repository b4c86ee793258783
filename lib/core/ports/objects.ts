export interface ObjectHead {
  bytes: number;
  /** Hexadecimal; undefined where the object was stored without one. */
  sha256: string | undefined;
}

export interface PresignedPut {
  url: string;
  headers: Record<string, string>;
}

/** The bucket. Keys come from `#contracts/object-keys.ts` only. */
export interface Objects {
  put(key: string, body: string, contentType: string): Promise<void>;
  /** Writes what is not there yet. `exists`: it is, with whatever content. */
  putOnce(key: string, body: string, contentType: string): Promise<'stored' | 'exists'>;
  get(key: string): Promise<string | undefined>;
  head(key: string): Promise<ObjectHead | undefined>;
  /** Also where there is nothing. */
  remove(key: string): Promise<void>;
  list(prefix: string, limit: number): Promise<{ key: string; bytes: number }[]>;
  presignGet(key: string, seconds: number): Promise<string>;
  /** The address takes exactly this content, once where `once` is set. */
  presignPut(
    key: string,
    content: { sha256: string; bytes: number },
    seconds: number,
    once: boolean,
  ): Promise<PresignedPut>;
  uri(key: string): string;
}
