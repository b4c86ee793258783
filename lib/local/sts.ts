import { accountId } from './place.ts';
import type { LocalService } from './service.ts';
import { escapeXml, ServiceFault } from './service-fault.ts';

/** `aws sts get-caller-identity` is what people try first. */
export function makeSts(): LocalService {
  return {
    async handle({ operation, principal }) {
      if (operation !== 'GetCallerIdentity')
        throw new ServiceFault(501, 'NotImplemented', `The local STS does not implement ${operation}`);
      const result = `<Arn>${escapeXml(principal.arn)}</Arn><UserId>${principal.accessKeyId}</UserId><Account>${accountId}</Account>`;
      const body = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>${result}</GetCallerIdentityResult></GetCallerIdentityResponse>`;
      return { status: 200, headers: { 'content-type': 'text/xml' }, body };
    },
  };
}
