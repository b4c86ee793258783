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
  /** Its words are no events. */
  quiet?: boolean | undefined;
}
