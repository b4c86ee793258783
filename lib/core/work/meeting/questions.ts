import type { TranscriptEntry } from '#contracts/transcript.ts';
import type { Conversation } from '../conversation.ts';
import { userText } from '../segments.ts';

/** Of a member that is not asked any more. */
const farewell = 'The meeting goes on without you: ';

/** A question in a member's conversation: its entries are those from `from` up to `to`. */
export interface Question {
  from: number;
  /** Missing for the one that was put last. */
  to?: number | undefined;
}

/**
 * The question of this number, from 0, where it was put. Questions begin with a heading, and nothing else that is
 * said to a member does.
 */
export function findQuestion({ transcript }: Conversation, number: number): Question | undefined {
  const starts = startsOf(transcript.entries);
  const from = starts[number];
  return from === undefined ? undefined : { from, to: starts[number + 1] };
}

/** Puts the next question; it is recorded with the turn that answers it. */
export function putQuestion(conversation: Conversation, text: string): Question {
  const from = conversation.transcript.entries.length;
  if (conversation.transcript.head()) conversation.add(userText(text));
  else conversation.begin(text);
  return { from };
}

function startsOf(entries: readonly TranscriptEntry[]): number[] {
  return entries.flatMap((entry, index) => (userWords(entry)?.startsWith('# ') ? [index] : []));
}

/** Why a member is not asked any more; undefined while it is. */
export function reasonGone({ transcript }: Conversation): string | undefined {
  const words = transcript.entries.map(userWords).find((text) => text?.startsWith(farewell));
  return words?.slice(farewell.length);
}

/** What its provider refuses once is refused for the rest of the meeting, also in a later attempt. */
export async function dismiss(
  conversation: Conversation,
  reason: string,
  signal: AbortSignal,
): Promise<void> {
  conversation.add(userText(`${farewell}${reason}`));
  await conversation.save(signal);
}

function userWords(entry: TranscriptEntry): string | undefined {
  if (entry.kind !== 'message' || entry.message.role !== 'user') return undefined;
  const [block] = entry.message.content;
  return block?.type === 'text' ? block.text : undefined;
}
