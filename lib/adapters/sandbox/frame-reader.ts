import { frameHeaderBytes, frameKinds } from './helper/protocol.ts';

/** Takes the frames of one answer apart as they come, so that a large archive is in memory once. */
export class FrameReader {
  /** The frame that ends the answer. */
  end: { kind: number; payload: Buffer } | undefined;
  readonly #maxBytes: number;
  #bytes = 0;
  #header = Buffer.alloc(0);
  #left = 0;
  #payload: Buffer[] = [];
  readonly #data: Buffer[] = [];

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** False when it is too much, or more than an answer. */
  add(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) return false;
    let rest = chunk;
    while (rest.length > 0 && !this.end)
      rest = this.#header.length < frameHeaderBytes ? this.#takeHeader(rest) : this.#takePayload(rest);
    return rest.length === 0;
  }

  data(): Buffer {
    return Buffer.concat(this.#data);
  }

  #takeHeader(chunk: Buffer): Buffer {
    const missing = frameHeaderBytes - this.#header.length;
    this.#header = Buffer.concat([this.#header, chunk.subarray(0, missing)]);
    if (this.#header.length === frameHeaderBytes) this.#left = this.#header.readUInt32BE(1);
    return chunk.subarray(missing);
  }

  #takePayload(chunk: Buffer): Buffer {
    const part = chunk.subarray(0, this.#left);
    const kind = this.#header.readUInt8(0);
    (kind === frameKinds.data ? this.#data : this.#payload).push(part);
    this.#left -= part.length;
    if (this.#left > 0) return chunk.subarray(part.length);
    this.#header = Buffer.alloc(0);
    if (kind !== frameKinds.data) this.end = { kind, payload: Buffer.concat(this.#payload) };
    return chunk.subarray(part.length);
  }
}
