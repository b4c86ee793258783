import { limits } from '#contracts/limits.ts';
import type { TranscriptEntry, UsageEntry } from '#contracts/transcript.ts';
import type { ModelRequest } from '../ports/model.ts';
import { toMessages } from './transcript.ts';
import { utf8Length } from './utf8.ts';

/**
 * No more input tokens than this. A token is at least one byte, so the request's bytes are a bound; once the
 * provider has counted what came before, that count and the bytes since are a closer one.
 */
export function inputBound(request: ModelRequest, entries: readonly TranscriptEntry[]): number {
  const { system = '', tools = [], messages } = request;
  const byBytes = bytesOf({ system, tools, messages });
  // An answer from the cache was counted by nobody.
  const counted = entries.findLastIndex((entry) => entry.kind === 'usage' && !entry.cached);
  const usage = entries[counted];
  if (usage?.kind !== 'usage') return byBytes + limits.promptOverheadTokens;
  const known = toMessages(entries.slice(0, counted)).length;
  const byCount = tokensOf(usage) + bytesOf(messages.slice(known));
  return Math.min(byBytes, byCount) + limits.promptOverheadTokens;
}

/** What was read and what was written: the next request brings both again. */
export function tokensOf({ usage }: UsageEntry): number {
  return usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens + usage.outputTokens;
}

function bytesOf(value: unknown): number {
  return utf8Length(JSON.stringify(value));
}
