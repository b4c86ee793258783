import { Fault } from './fault.ts';

/** Reads exact amounts from a stream of chunks. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Buffer>;
  #pending: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Exactly so many bytes; throws where the stream ends before. */
  async take(bytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.pieces(bytes)) parts.push(part);
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  /** What there is, up to so many bytes, and at least one. */
  async part(maxBytes: number): Promise<Buffer> {
    if (await this.isAtEnd()) throw new Fault('invalid_request', 'The archive is cut off.');
    const part = this.#pending.subarray(0, maxBytes);
    this.#pending = this.#pending.subarray(part.length);
    return part;
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#pending.length === 0) if (!(await this.#more())) return true;
    return false;
  }

  async *pieces(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0; ) {
      const part = await this.part(left);
      left -= part.length;
      yield part;
    }
  }

  /** Up to and without the first line end. */
  async line(maxBytes: number): Promise<Buffer> {
    let end = this.#pending.indexOf(0x0a);
    while (end < 0) {
      if (this.#pending.length > maxBytes) throw new Fault('internal', 'A line is too long.');
      const before = this.#pending;
      if (!(await this.#more())) throw new Fault('internal', 'A line has no end.');
      this.#pending = Buffer.concat([before, this.#pending]);
      end = this.#pending.indexOf(0x0a);
    }
    const line = this.#pending.subarray(0, end);
    this.#pending = this.#pending.subarray(end + 1);
    return line;
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    this.#pending = next.done ? Buffer.alloc(0) : next.value;
    return !next.done;
  }
}

/** The next so many bytes of a source. Whoever reads it may stop anywhere: `skip` takes what is left. */
export class Body implements AsyncIterable<Buffer> {
  readonly #source: ByteSource;
  #left: number;

  constructor(source: ByteSource, bytes: number) {
    this.#source = source;
    this.#left = bytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    while (this.#left > 0) {
      const part = await this.#source.part(this.#left);
      this.#left -= part.length;
      yield part;
    }
  }

  async skip(): Promise<void> {
    for await (const _ of this);
  }
}
