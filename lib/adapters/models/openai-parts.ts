import type { ModelApi } from '#contracts/conversation.ts';
import type { TextBlock, ToolResultBlock, ToolUseBlock } from '#core/ports/model.ts';
import { readToolInput } from './tool-input.ts';

type Fields = Record<string, unknown>;

/** The provider's other fields of a block, where the block came from this protocol. */
export function restOf({ raw }: TextBlock | ToolUseBlock, api: ModelApi): Fields {
  return raw?.api === api ? (raw.value as Fields) : {};
}

/** The arguments of a call exactly as the model wrote them, as far as they came from this protocol. */
export function argumentsOf(block: ToolUseBlock, api: ModelApi): string {
  const { arguments: written } = restOf(block, api);
  return typeof written === 'string' ? written : JSON.stringify(block.input);
}

export interface WrittenCall {
  id: string;
  name: string;
  arguments: string;
  /** Whatever else the provider's part holds. */
  rest: Fields;
}

export function toToolUse(call: WrittenCall, api: ModelApi): ToolUseBlock {
  const { id, name, arguments: written, rest } = call;
  const read = readToolInput(written);
  // Kept only where it would not be written again in the same way.
  const differs = JSON.stringify(read.input) !== written;
  const value = { ...said(rest), ...(differs && { arguments: written }) };
  return { type: 'tool_use', id, name, ...read, ...rawOf(value, api) };
}

export function rawOf(value: Fields, api: ModelApi) {
  return Object.keys(value).length === 0 ? {} : { raw: { api, value } };
}

/** Without the fields that say nothing. */
export function said(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}

/** These protocols have no mark for a result that is an error. */
export function resultText({ content, isError }: ToolResultBlock): string {
  return isError ? `Error: ${content}` : content;
}
