/** What is wrong with a team: where, as a JSON pointer into its document, and what to do. */
export interface TeamFault {
  /** `/agents/2/model`; of a prompt `/prompts/<agent>`. */
  path: string;
  message: string;
  /** Within a prompt, from 1. */
  line?: number;
  column?: number;
}

export function faultAt(path: readonly (string | number)[], message: string): TeamFault {
  return { path: path.map((part) => `/${part}`).join(''), message };
}

/** `a, b and c`. */
export function listWords(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** The members of a list that stand in it before, with their place. */
export function repeated(ids: readonly string[]): { id: string; at: number }[] {
  return ids.flatMap((id, at) => (ids.indexOf(id) < at ? [{ id, at }] : []));
}
