import type { Statement } from '#contracts/plan.ts';
import { cutText } from '../../tools/output-text.ts';

/** A statement of about so many characters at most. Whoever is brief is quoted in full. */
export function shortenStatement<S extends Statement>(said: S, characters: number): S {
  if (JSON.stringify(said).length <= characters) return said;
  const share = Math.floor(characters / 6);
  const { noObjectionBecause } = said;
  return {
    ...said,
    statement: cutText(said.statement, 2 * share),
    proposals: shortenList(said.proposals, share),
    objections: shortenList(said.objections, share),
    voteReason: cutText(said.voteReason, share),
    ...(noObjectionBecause !== undefined && { noObjectionBecause: cutText(noObjectionBecause, share) }),
  };
}

function shortenList(items: readonly string[], characters: number): string[] {
  let left = characters;
  const kept = items.filter((item) => {
    left -= item.length;
    return left >= 0;
  });
  return kept.length > 0 || items.length === 0 ? kept : [cutText(items[0] ?? '', characters)];
}
