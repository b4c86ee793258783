import type { Borrower, LentCredentials, ModelAccess } from '#core/ports/model-access.ts';

/** Lends numbered credentials, and remembers to whom. */
export class MemoryModelAccess implements ModelAccess {
  readonly borrowers: Borrower[] = [];

  async lend(borrower: Borrower): Promise<LentCredentials> {
    const count = this.borrowers.push(borrower);
    return {
      accessKeyId: `ASIALENT${count}`,
      secretAccessKey: `lent-secret-${count}`,
      sessionToken: `lent-token-${count}`,
      validSeconds: borrower.seconds,
      region: 'eu-central-1',
    };
  }
}
