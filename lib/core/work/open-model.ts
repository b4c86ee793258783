import { requireCredential } from '../money/require-credential.ts';
import type { Model } from '../ports/model.ts';
import type { WorkContext } from './work-outcome.ts';

/**
 * The job's model, with the credential that `start` has handed out.
 *
 * @throws AppError `provider_key_missing`, at once: before anything else is opened or put aside
 */
export function openModel(model: string, context: WorkContext): Promise<Model> {
  const { ports, control, session, started } = context;
  const provider = requireCredential(started.providers?.[model] ?? context.provider, model);
  return ports.openModel(provider, model, async (signal) => {
    const renewed = await control.credentials({ ...session, capability: 'model', model }, signal);
    return renewed.provider;
  });
}
