/** Longest header of a frame: two bytes, eight of length, four of mask. */
const longestHeaderBytes = 14;

/**
 * Reads the lengths of a WebSocket's incoming frames as its bytes go by, without looking into them. Library code hands
 * over whole messages only, and API Gateway's limit is on frames. Source of the layout: RFC 6455, 5.2.
 */
export class FrameMeter {
  #header = Buffer.alloc(0);
  #leftBytes = 0;

  /** The longest payload among the frames that begin in this chunk; 0 where none does. */
  feed(chunk: Buffer): number {
    let longest = 0;
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#leftBytes > 0) {
        const passed = Math.min(this.#leftBytes, rest.length);
        this.#leftBytes -= passed;
        rest = rest.subarray(passed);
        continue;
      }
      const before = this.#header.length;
      const header = Buffer.concat([this.#header, rest.subarray(0, longestHeaderBytes - before)]);
      const sizes = sizesOf(header);
      if (!sizes) {
        this.#header = header;
        return longest;
      }
      this.#header = Buffer.alloc(0);
      this.#leftBytes = sizes.payloadBytes;
      longest = Math.max(longest, sizes.payloadBytes);
      rest = rest.subarray(sizes.headerBytes - before);
    }
    return longest;
  }
}

/** Undefined while the header is not complete. */
function sizesOf(header: Buffer): { headerBytes: number; payloadBytes: number } | undefined {
  if (header.length < 2) return undefined;
  const second = header.readUInt8(1);
  const short = second & 0x7f;
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
  const headerBytes = 2 + lengthBytes + (second & 0x80 ? 4 : 0);
  if (header.length < headerBytes) return undefined;
  if (lengthBytes === 8) return { headerBytes, payloadBytes: Number(header.readBigUInt64BE(2)) };
  return { headerBytes, payloadBytes: lengthBytes === 2 ? header.readUInt16BE(2) : short };
}
