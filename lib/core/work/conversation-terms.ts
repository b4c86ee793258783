import type { ResponseCache } from '#contracts/conversation.ts';
import type { Effort, ModelRequest } from '../ports/model.ts';

export interface ConversationTerms {
  /** Part of object keys and of reservations. */
  name: string;
  model: string;
  maxTokens: number;
  system?: string | undefined;
  tools?: ModelRequest['tools'];
  effort?: Effort | undefined;
  cache?: ModelRequest['cache'];
  /** Left out: every turn asks the model. */
  responseCache?: ResponseCache | undefined;
  /** Its words are no events. */
  quiet?: boolean | undefined;
}
