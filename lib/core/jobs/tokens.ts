/** What a state of Step Functions waits for: a job, or a person's decision. */
interface Awaited {
  token?: string | undefined;
  olderTokens?: string[] | undefined;
}

/** More than a step is tried. The oldest are forgotten: their states have long been over. */
const olderTokensMax = 7;

export function tokensOf({ token, olderTokens = [] }: Awaited): string[] {
  return token === undefined ? olderTokens : [...olderTokens, token];
}

/**
 * The row with one more token. The others stay: a step that was slow may come with its old token after the next try
 * has brought a new one, and nobody can see from a token which is which. All are told; the wrong ones are gone.
 */
export function withToken<Row extends Awaited>(row: Row, token: string): Row {
  return { ...row, token, olderTokens: tokensOf(row).slice(-olderTokensMax) };
}

/** What tells every state that waits, or has waited, for this row. */
export function tokenEntries(row: Awaited): Record<string, { kind: 'token'; token: string }> {
  const entries = tokensOf(row).map((token, index) => [
    `token${index || ''}`,
    { kind: 'token' as const, token },
  ]);
  return Object.fromEntries(entries);
}
