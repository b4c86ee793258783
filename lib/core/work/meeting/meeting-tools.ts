import { closing, type MeetingPayload, statement } from '#contracts/plan.ts';
import type { JsonSchema, ToolSpec } from '../../ports/model.ts';
import { mapValues, type PortableSchema, toPortableSchema } from './portable-schema.ts';

export const speakTool = 'speak';
export const closeTool = 'close_meeting';

const speak: ToolSpec = {
  name: speakTool,
  description: 'Says what you have to say in this round. Call it once in each round.',
  inputSchema: toPortableSchema(statement),
};

/**
 * What a member may call, sorted by name. The same for the whole meeting, which the provider's cache needs, so
 * that the moderator has its closing from the beginning.
 */
export function toolsOf(
  payload: MeetingPayload,
  { id, speaks }: MeetingPayload['members'][number],
): ToolSpec[] {
  return [...(id === payload.moderator ? [closeMeeting(payload)] : []), ...(speaks ? [speak] : [])];
}

function closeMeeting(payload: MeetingPayload): ToolSpec {
  return {
    name: closeTool,
    description: 'Closes the meeting, when you are asked to: summary, decisions and the plan.',
    inputSchema: closingSchema(payload),
  };
}

/** Names who and what there is, so that a model need not guess. */
function closingSchema({ owners, checks }: MeetingPayload): JsonSchema {
  const { properties = {}, ...rest } = toPortableSchema(closing);
  return { ...rest, type: 'object', properties: { ...properties, actions: toActions(properties.actions) } };

  function toActions(actions: PortableSchema = {}): PortableSchema {
    const { properties: fields = {}, ...more } = actions.items ?? {};
    const { checks: check = {}, ...others } = fields;
    const kinds = [...new Set(owners.flatMap((owner) => owner.kinds))].sort();
    const known = {
      ...others,
      id: { type: 'integer', description: 'From 1, without gaps.' },
      action: { type: 'string', description: 'What is to be done: a complete sentence with a full stop.' },
      kind: { type: 'string', enum: kinds },
      owner: { type: 'string', enum: owners.map(({ id }) => id) },
      estimatedDuration: { type: 'string', description: 'Like 30s, 5min, 2h or 1d.' },
      ...(checks.length > 0 && { checks: toChecks(check) }),
    };
    return { ...actions, items: { ...more, properties: known } };
  }

  function toChecks(check: PortableSchema): PortableSchema {
    const { properties: fields = {}, ...more } = check.items ?? {};
    const known = {
      ...fields,
      criterion: { type: 'string', description: "One of the action's successCriteria, word for word." },
      tool: { type: 'string', enum: checks.map(({ name }) => name) },
      args: { type: 'object', description: "The tool's arguments.", properties: argsOf(checks) },
    };
    return { ...check, items: { ...more, properties: known } };
  }
}

/** Of all tools together: a free object is what some providers refuse. Which tool takes which is checked here. */
function argsOf(checks: MeetingPayload['checks']): Record<string, PortableSchema> {
  const all = checks.map(
    ({ inputSchema }) => (inputSchema.properties ?? {}) as Record<string, PortableSchema>,
  );
  const merged: Record<string, PortableSchema> = {};
  for (const [name, { type }] of all.flatMap((properties) => Object.entries(properties))) {
    const known = merged[name];
    // Where two tools disagree about a type, neither is said.
    merged[name] = known === undefined || known.type === type ? { ...(type && { type }) } : {};
  }
  return mapValues(merged, (property) => (property.type === undefined ? { type: 'string' } : property));
}
