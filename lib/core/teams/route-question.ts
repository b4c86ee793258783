import type { TeamFile } from '#contracts/team.ts';
import { ownerOf, type Party } from './task-matrix.ts';

export interface QuestionRoute {
  /** Who answers. */
  id: string;
  title: string;
  isPerson: boolean;
  /** The kind of task that the question is about; missing where that is not clear. */
  kind?: string;
  /** One sentence. */
  because: string;
}

const stopWords = new Set(
  'a an and are as at be by can could do does for from has have how i if in into is it its me my of on or our please should show tell that the their them this to us was we were what when where which who why will with you your about month new make'.split(
    ' ',
  ),
);

/**
 * Who answers a question: the owner of the kind of task whose name and title share most words with it. By the
 * matrix alone, so the same question always goes to the same one; where it is not clear, the moderator answers.
 */
export function routeQuestion(
  team: Pick<TeamFile, 'kinds' | 'agents' | 'people' | 'planning'>,
  question: string,
): QuestionRoute {
  const asked = wordsOf(question);
  const scored = team.kinds.map((kind) => {
    const words = wordsOf(`${kind.id} ${kind.title}`);
    const shared = words.filter((word) => asked.includes(word));
    return { kind, shared, share: shared.length / words.length };
  });
  const most = Math.max(...scored.map(({ shared }) => shared.length));
  const best = most === 0 ? [] : scored.filter(({ shared }) => shared.length === most).sort(byShare);
  const owners = [...new Set(best.flatMap(({ kind }) => ownerOf(team, kind.id)?.id ?? []))];
  const first = best[0];
  const owner = first && ownerOf(team, first.kind.id);
  if (!first || !owner || owners.length > 1)
    return toModerator(
      team,
      best.map(({ kind }) => kind.id),
    );
  return {
    ...pick(owner),
    kind: first.kind.id,
    because: `${owner.id} owns ${first.kind.id} (${first.kind.title}); the question says ${first.shared.join(', ')}`,
  };
}

/** Of two kinds of one owner, the one that is about less else. */
function byShare(a: { share: number }, b: { share: number }): number {
  return b.share - a.share;
}

function toModerator(
  team: Pick<TeamFile, 'agents' | 'people' | 'planning'>,
  kinds: readonly string[],
): QuestionRoute {
  const { moderator } = team.planning;
  const title = team.agents.find(({ id }) => id === moderator)?.title ?? moderator;
  const why =
    kinds.length === 0
      ? 'no kind of task has a word of the question in its name'
      : `it could be about ${kinds.join(' or ')}, which have different owners`;
  return { id: moderator, title, isPerson: false, because: `${why}; ${moderator} leads the team` };
}

function pick({ id, title, isPerson }: Party) {
  return { id, title, isPerson };
}

/** Distinct words without those that say nothing, plurals and simple endings taken off. */
function wordsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const telling = words.filter((word) => word.length > 1 && !stopWords.has(word));
  return [...new Set(telling.map(stem))];
}

function stem(word: string): string {
  if (word.length <= 4)
    return word.length === 4 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
  return word
    .replace(/ies$/, 'y')
    .replace(/(?<=[^s])s$/, '')
    .replace(/(ing|ment|ed)$/, '')
    .replace(/e$/, '');
}
