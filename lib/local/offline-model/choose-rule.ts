import { blocksOf } from './check-tool-pairs.ts';
import type { MessagesRequest } from './request-schema.ts';
import type { Placeholder, Script, ScriptRule } from './script.ts';

/** What of a conversation the rules look at. */
export interface Situation {
  model: string;
  system: string;
  /** Text of the last user message. */
  prompt: string;
  turn: number;
  toolResults: boolean;
}

const excerptCharacters = 200;

export function readSituation(request: MessagesRequest): Situation {
  const lastUser = request.messages.findLast((message) => message.role === 'user');
  const blocks = lastUser ? blocksOf(lastUser) : [];
  const { system = '' } = request;
  return {
    model: request.model,
    system: typeof system === 'string' ? system : system.map(({ text }) => text).join('\n'),
    prompt: blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n'),
    turn: request.messages.filter((message) => message.role === 'assistant').length + 1,
    toolResults: blocks.some((block) => block.type === 'tool_result'),
  };
}

/** Finds the first rule that applies, and counts those that apply only so often. */
export function makeRuleChooser(script: Script): (situation: Situation) => ScriptRule {
  const used = new Map<ScriptRule, number>();
  return (situation) => {
    const rule = script.rules.find((candidate) => {
      const usedUp = (used.get(candidate) ?? 0) >= (candidate.times ?? Number.POSITIVE_INFINITY);
      return !usedUp && applies(candidate, situation);
    });
    if (!rule) throw new Error('no rule applies, although the last one always should');
    used.set(rule, (used.get(rule) ?? 0) + 1);
    return rule;
  };
}

function applies({ when }: ScriptRule, situation: Situation): boolean {
  return (
    matches(when.system, situation.system) &&
    matches(when.model, situation.model) &&
    matches(when.prompt, situation.prompt) &&
    (when.turn === undefined || when.turn === situation.turn) &&
    (when.toolResults === undefined || when.toolResults === situation.toolResults)
  );
}

function matches(pattern: string | undefined, text: string): boolean {
  return pattern === undefined || new RegExp(pattern, 'iu').test(text);
}

/** Fills in excerpts of the request: enough to see that it arrived, and no more. */
export function fillIn(template: string, situation: Situation): string {
  return template.replace(/\{\{(\w+)\}\}/g, (_, name: Placeholder) => excerpt(String(situation[name])));
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= excerptCharacters ? line : `${line.slice(0, excerptCharacters)}…`;
}
