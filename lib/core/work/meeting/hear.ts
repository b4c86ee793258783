import { AppError } from '#contracts/errors.ts';
import { overBudget } from '../../money/over-budget.ts';
import { ModelError } from '../../ports/model.ts';
import { askWithTool, findEnd, type ToolAnswer, type ToolQuestion } from '../ask-with-tool.ts';
import type { Meeting, Seat } from './open-meeting.ts';
import { dismiss, findQuestion, putQuestion, reasonGone } from './questions.ts';

/** What comes of asking a member. */
export type Heard<T> =
  | ToolAnswer<T>
  /** Its provider does not take its calls. */
  | { kind: 'gone'; reason: string }
  /** There is no money for its next call, at least until what others have reserved is settled. */
  | { kind: 'out_of_budget'; reason: string };

export interface Request<T> {
  /** Of this member's questions, from 0. */
  number: number;
  render(): string;
  question: ToolQuestion<T>;
  /** Hears of an answer that is new, and not one of an earlier attempt. */
  onGiven?(value: T): void;
}

/** Asks one member, or finds what it has answered in an earlier attempt. */
export async function hear<T>(meeting: Meeting, seat: Seat, request: Request<T>): Promise<Heard<T>> {
  const { conversation } = seat;
  const { number, question, render, onGiven } = request;
  const placed = findQuestion(conversation, number);
  const known = placed && findEnd(conversation.transcript.entries.slice(placed.from, placed.to), question);
  if (known) return known;
  const gone = reasonGone(conversation);
  if (gone !== undefined || placed?.to !== undefined) return { kind: 'gone', reason: gone ?? 'no answer' };
  const { from } = placed ?? putQuestion(conversation, render());
  const { context, slice } = meeting;
  try {
    const answer = await askWithTool(conversation, from, question, { signal: context.signal, slice });
    if (answer.kind === 'given') onGiven?.(answer.value);
    return answer;
  } catch (error) {
    return judge(meeting, seat, error);
  }
}

/** Without its moderator there is no meeting; and what may pass is what another attempt is for. */
async function judge({ context }: Meeting, seat: Seat, error: unknown): Promise<Heard<never>> {
  if (context.signal.aborted || !(error instanceof AppError)) throw error;
  if (overBudget(error)) return { kind: 'out_of_budget', reason: error.message };
  if (!(error instanceof ModelError) || error.retryable || seat.isModerator) throw error;
  await dismiss(seat.conversation, error.message, context.signal);
  return { kind: 'gone', reason: error.message };
}
