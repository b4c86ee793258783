/** Few for a token, so that an estimate is on the dear side. */
const charactersPerToken = 3;

/** Tokens that the pieces of a request or an answer are likely to be billed as. */
export function estimateTokens(pieces: readonly string[]): number {
  return Math.ceil(pieces.reduce((sum, piece) => sum + piece.length, 0) / charactersPerToken);
}
