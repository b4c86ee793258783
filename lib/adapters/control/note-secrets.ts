import { secretsOf } from '#contracts/provider-keys.ts';
import type { ControlPlane } from '#core/ports/control.ts';

/** Puts every secret that the control plane hands out among those that the log blots out, before anyone has it. */
export function noteSecrets(control: ControlPlane, secrets: string[]): ControlPlane {
  return {
    ...control,
    async start(request, signal) {
      const reply = await control.start(request, signal);
      secrets.push(reply.session, ...(reply.provider ? secretsOf(reply.provider) : []));
      return reply;
    },
    async credentials(request, signal) {
      const reply = await control.credentials(request, signal);
      secrets.push(...secretsOf(reply.provider));
      return reply;
    },
  };
}
