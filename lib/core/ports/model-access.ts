import type { AwsCredential } from '#contracts/provider-keys.ts';

/** Credentials of the role that may call models and do nothing else. */
export type LentCredentials = Pick<
  AwsCredential,
  'accessKeyId' | 'secretAccessKey' | 'sessionToken' | 'validSeconds' | 'region'
>;

export interface Borrower {
  /** Under which the account's trail shows what is done with them: 2 to 64 of letters, digits and `=,.@_-`. */
  name: string;
  /** From 900 to 3,600: what STS lends for, and what it lends to a role at most. */
  seconds: number;
}

export interface ModelAccess {
  /** @throws AppError `unavailable` where trying again may help, `internal` where the role may not be assumed */
  lend(borrower: Borrower): Promise<LentCredentials>;
}
