import { describe, expect, it } from '@jest/globals';
import { tokenEntries, tokensOf, withToken } from '#core/jobs/tokens.ts';

const row: { token?: string; olderTokens?: string[] } = {};

describe('tokens of a wait', () => {
  it('are all kept, the latest last', () => {
    expect(tokensOf(withToken(withToken(row, 'a'), 'b'))).toEqual(['a', 'b']);
  });

  it('are eight at most: the oldest are forgotten', () => {
    const many = [...'abcdefghij'].reduce(withToken, row);
    expect(tokensOf(many)).toEqual([...'cdefghij']);
  });

  it('are told one by one', () => {
    expect(tokenEntries(withToken(withToken(row, 'a'), 'b'))).toEqual({
      token: { kind: 'token', token: 'a' },
      token1: { kind: 'token', token: 'b' },
    });
    expect(tokenEntries({})).toEqual({});
  });
});
