import { limits } from '#contracts/limits.ts';
import type { TranscriptEntry } from '#contracts/transcript.ts';
import { utf8Length } from './utf8.ts';

/** Leaves room in a segment for its frame and for the escapes of its JSON in the call. */
const chunkBytes = limits.segmentBytes / 2;

export function userText(text: string): TranscriptEntry {
  return { kind: 'message', message: { role: 'user', content: [{ type: 'text', text }] } };
}

/** In order, each as long as a segment may be, at least one. */
export function chunksOf(entries: readonly TranscriptEntry[]): TranscriptEntry[][] {
  const chunks: TranscriptEntry[][] = [[]];
  let bytes = 0;
  for (const entry of entries) {
    const more = utf8Length(JSON.stringify(entry));
    if (bytes > 0 && bytes + more > chunkBytes) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)?.push(entry);
    bytes += more;
  }
  return chunks;
}
