import type { KeptOutput } from '#core/tools/output-text.ts';

/** Takes output of any length and keeps the beginning and the end, in memory of a fixed size. */
export class OutputCollector {
  readonly #keep: number;
  #head: Uint8Array[] = [];
  #headBytes = 0;
  #tail: Uint8Array[] = [];
  #tailBytes = 0;
  #bytes = 0;

  /** `keepBytes`: of the beginning, and as much again of the end. */
  constructor(keepBytes: number) {
    this.#keep = keepBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    const toHead = chunk.subarray(0, this.#keep - this.#headBytes);
    if (toHead.length > 0) {
      this.#head.push(toHead);
      this.#headBytes += toHead.length;
    }
    const rest = chunk.subarray(toHead.length);
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    // Many small chunks, or few large ones: never more than twice what is wanted.
    if (this.#tailBytes > 2 * this.#keep) this.#shorten();
  }

  kept(): KeptOutput {
    this.#shorten();
    return { head: Buffer.concat(this.#head), tail: Buffer.concat(this.#tail), bytes: this.#bytes };
  }

  #shorten(): void {
    const all = Buffer.concat(this.#tail);
    // A copy: a view would hold on to all of it.
    const end = Buffer.from(all.subarray(Math.max(0, all.length - this.#keep)));
    this.#tail = [end];
    this.#tailBytes = end.length;
  }
}
