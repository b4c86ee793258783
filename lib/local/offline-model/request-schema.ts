import * as z from 'zod';

/** Types whose bodies only matter to a provider that acts on them. */
const otherBlockTypes = [
  'thinking',
  'redacted_thinking',
  'server_tool_use',
  'web_search_tool_result',
  'web_fetch_tool_result',
  'code_execution_tool_result',
  'bash_code_execution_tool_result',
  'text_editor_code_execution_tool_result',
  'tool_search_tool_result',
  'search_result',
  'container_upload',
  'compaction',
] as const;

export const cacheControl = z.strictObject({
  type: z.literal('ephemeral'),
  ttl: z.enum(['5m', '1h']).optional(),
});
export type CacheControl = z.infer<typeof cacheControl>;

const cached = { cache_control: cacheControl.nullish() };
const id = z.string().regex(/^[a-zA-Z0-9_-]+$/, 'String should match pattern ^[a-zA-Z0-9_-]+$');
const toolName = z
  .string()
  .regex(/^[a-zA-Z0-9_-]{1,128}$/, 'String should match pattern ^[a-zA-Z0-9_-]{1,128}$');

export const textBlock = z.strictObject({
  type: z.literal('text'),
  text: z.string().min(1, 'text content blocks must be non-empty'),
  citations: z.unknown().optional(),
  ...cached,
});
const media = z.record(z.string(), z.unknown());
const imageBlock = z.strictObject({ type: z.literal('image'), source: media, ...cached });
const documentBlock = z.strictObject({
  type: z.literal('document'),
  source: media,
  title: z.string().nullish(),
  context: z.string().nullish(),
  citations: z.unknown().optional(),
  ...cached,
});
const toolUse = z.strictObject({
  type: z.literal('tool_use'),
  id,
  name: toolName,
  input: z.record(z.string(), z.unknown()),
  caller: z.unknown().optional(),
  ...cached,
});
const toolResult = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: id,
  content: z
    .union([z.string(), z.array(z.discriminatedUnion('type', [textBlock, imageBlock, documentBlock]))])
    .optional(),
  is_error: z.boolean().optional(),
  ...cached,
});
const other = z.looseObject({ type: z.enum(otherBlockTypes), ...cached });

export const contentBlock = z.discriminatedUnion('type', [
  textBlock,
  imageBlock,
  documentBlock,
  toolUse,
  toolResult,
  other,
]);
export type RequestBlock = z.infer<typeof contentBlock>;

const message = z.strictObject({
  role: z.enum(['user', 'assistant', 'system']),
  content: z.union([z.string().min(1, 'messages must have non-empty content'), z.array(contentBlock).min(1)]),
});
export type RequestMessage = z.infer<typeof message>;

const customTool = z.looseObject({
  type: z.literal('custom').optional(),
  name: toolName,
  description: z.string().optional(),
  input_schema: z.looseObject({ type: z.literal('object') }),
  ...cached,
});
/** Tools that the provider defines: their type ends with a date. */
const typedTool = z.looseObject({
  type: z.string().regex(/^[a-z_]+_20\d{6}$/, 'is not a known tool type'),
  name: toolName,
  ...cached,
});

const toolChoice = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto'), disable_parallel_tool_use: z.boolean().optional() }),
  z.strictObject({ type: z.literal('any'), disable_parallel_tool_use: z.boolean().optional() }),
  z.strictObject({
    type: z.literal('tool'),
    name: z.string(),
    disable_parallel_tool_use: z.boolean().optional(),
  }),
  z.strictObject({ type: z.literal('none') }),
]);

const thinking = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('adaptive'), display: z.enum(['summarized', 'omitted']).optional() }),
  z.strictObject({ type: z.literal('enabled'), budget_tokens: z.number().int().min(1_024) }),
  z.strictObject({ type: z.literal('between_tools') }),
  z.strictObject({ type: z.literal('disabled') }),
]);

/** Fields that the real API takes and that change nothing here. */
const ignored = {
  container: z.unknown().optional(),
  diagnostics: z.unknown().optional(),
  inference_geo: z.string().nullish(),
  metadata: z.strictObject({ user_id: z.string().nullish() }).optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  speed: z.enum(['standard', 'fast']).nullish(),
  user_profile_id: z.string().nullish(),
  workspace_id: z.string().nullish(),
};

/** The body of `POST /v1/messages`, API version 2026-10-21. Sampling parameters are no part of it any more. */
export const messagesRequest = z.strictObject({
  model: z.string().min(1),
  /** 0 writes the prompt into the cache and no answer. */
  max_tokens: z
    .number()
    .int()
    .min(0, 'Input should be greater than or equal to 0')
    .max(128_000, 'Input should be less than or equal to 128000'),
  messages: z.array(message).min(1, 'at least one message is required'),
  system: z.union([z.string(), z.array(textBlock)]).optional(),
  stream: z.boolean().optional(),
  stop_sequences: z
    .array(z.string().min(1).regex(/\S/, 'each stop sequence must contain non-whitespace'))
    .optional(),
  tools: z.array(z.union([customTool, typedTool])).optional(),
  tool_choice: toolChoice.optional(),
  thinking: thinking.optional(),
  cache_control: cacheControl.nullish(),
  output_config: z
    .strictObject({
      effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
      format: z.unknown().optional(),
    })
    .optional(),
  ...ignored,
});
export type MessagesRequest = z.infer<typeof messagesRequest>;
