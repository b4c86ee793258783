import { type Effort, efforts } from '#contracts/conversation.ts';
import type { MeetingPayload } from '#contracts/plan.ts';
import { requirePrice } from '../../money/price.ts';
import { requireCredential } from '../../money/require-credential.ts';
import type { Model } from '../../ports/model.ts';
import { Conversation } from '../conversation.ts';
import { openModel } from '../open-model.ts';
import { restoreConversations } from '../restore.ts';
import { Slice } from '../slice.ts';
import type { WorkContext } from '../work-outcome.ts';
import { renderSystem } from './meeting-prompt.ts';
import { toolsOf } from './meeting-tools.ts';

type Member = MeetingPayload['members'][number];

/** A member with its side of the meeting. */
export interface Seat {
  member: Member;
  conversation: Conversation;
  isModerator: boolean;
}

export interface Meeting {
  payload: MeetingPayload;
  context: WorkContext;
  seats: readonly Seat[];
  slice: Slice;
}

/** Every member with its model and with what it has said in earlier attempts. */
export async function openMeeting(payload: MeetingPayload, context: WorkContext): Promise<Meeting> {
  const [models, restored] = await Promise.all([openModels(payload, context), restoreConversations(context)]);
  const seats = payload.members.map((member): Seat => {
    const name = conversationOf(member);
    const model = models.get(member.model) as Model;
    const conversation = new Conversation(context, model, termsOf(payload, member), restored.get(name));
    return { member, conversation, isModerator: member.id === payload.moderator };
  });
  return { payload, context, seats, slice: new Slice(context.ports) };
}

/** Each once. All credentials are asked for first, so that a missing one costs nothing. */
async function openModels({ members }: MeetingPayload, context: WorkContext) {
  const { started } = context;
  const names = [...new Set(members.map(({ model }) => model))];
  for (const name of names) {
    requirePrice(name);
    requireCredential(started.providers?.[name], name);
  }
  const opened = names.map(async (name) => [name, await openModel(name, context)] as const);
  return new Map<string, Model>(await Promise.all(opened));
}

function conversationOf({ id }: Member): string {
  return id.replaceAll('_', '-');
}

function termsOf(payload: MeetingPayload, member: Member) {
  return {
    name: conversationOf(member),
    model: member.model,
    maxTokens: member.maxTokens,
    system: renderSystem(member),
    tools: toolsOf(payload, member),
    effort: efforts.find((effort): effort is Effort => effort === member.effort),
    responseCache: member.responseCache,
    cache: 'agent' as const,
    // Several speak at once.
    quiet: true,
  };
}
