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

  async *pieces(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0; ) {
      if (this.#pending.length === 0 && !(await this.#more()))
        throw new Fault('invalid_request', 'The archive is cut off.');
      const part = this.#pending.subarray(0, left);
      this.#pending = this.#pending.subarray(part.length);
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

  async *rest(): AsyncGenerator<Buffer> {
    do {
      if (this.#pending.length > 0) yield this.#pending;
    } while (await this.#more());
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    this.#pending = next.done ? Buffer.alloc(0) : next.value;
    return !next.done;
  }
}
