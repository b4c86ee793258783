import { type Submission, submission } from '#contracts/tools.ts';
import { submitResult } from '../tools/submit-result.ts';
import type { Tool } from '../tools/tool.ts';

/** The tool by which an agent hands in what it was asked for, and so ends. */
export interface Terminal<Result = unknown> {
  readonly tool: Tool;
  /** Of an input that the tool has taken. */
  parse(input: unknown): Result;
}

export const submitResultTerminal: Terminal<Submission> = {
  tool: submitResult,
  parse: (input) => submission.parse(input),
};
