import { AppError } from '#contracts/errors.ts';
import { requirePrice } from './price.ts';

/**
 * Servers of your own are near to you, and workers in AWS are not.
 *
 * @param selfHosted whether workers run where those servers can be reached
 * @throws AppError `not_supported_yet` for a self-hosted model where they cannot, `unknown_model`
 */
export function requireReach(model: string, selfHosted: boolean): void {
  if (selfHosted || requirePrice(model).provider !== 'self-hosted') return;
  throw new AppError(
    'not_supported_yet',
    `"${model}" runs on a server of your own, which workers in AWS cannot reach`,
    { remedy: 'submit it to the local cloud (npm start), or use a model of a provider that has a key' },
  );
}
