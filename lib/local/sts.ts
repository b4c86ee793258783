import type { LocalService } from './service.ts';

export function makeSts(_options: { accountId?: string } = {}): LocalService {
  throw new Error('not yet');
}
