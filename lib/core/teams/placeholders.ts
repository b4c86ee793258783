const anything = /\{\{([^{}]*)\}\}/g;
const valueName = /^[A-Za-z][A-Za-z0-9_]{0,39}$/;

/** What stands in the place of `{{…}}` in an agent's prompt. */
export const promptPlaceholders = [
  'team.title',
  'agent.id',
  'agent.title',
  'agent.owns',
  'agent.supports',
  'agent.never',
  'members',
  'matrix',
  'tools',
] as const;
export type PromptPlaceholder = (typeof promptPlaceholders)[number];

export interface FoundPlaceholder {
  name: string;
  /** From 1. */
  line: number;
  column: number;
}

/** Everything in double braces, whether or not it means something. */
export function findPlaceholders(text: string): FoundPlaceholder[] {
  return [...text.matchAll(anything)].map(({ 1: name = '', index }) => {
    const before = text.slice(0, index).split('\n');
    return { name, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  });
}

export function isPromptPlaceholder(name: string): name is PromptPlaceholder {
  return (promptPlaceholders as readonly string[]).includes(name);
}

/** Of a workflow's objective. */
export function isValueName(name: string): boolean {
  return valueName.test(name);
}

/** One pass: what a value itself holds in braces stays as it is. */
export function fillPlaceholders(text: string, toValue: (name: string) => string): string {
  return text.replace(anything, (_, name: string) => toValue(name));
}
