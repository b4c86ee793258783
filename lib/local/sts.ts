import { escapeXml } from './refusals.ts';
import type { LocalService } from './service.ts';

/** `aws sts get-caller-identity` is what people try first. */
export function makeSts(options: { accountId?: string } = {}): LocalService {
  const account = options.accountId ?? '000000000000';
  return {
    handle: async ({ operation, principal }) => {
      if (operation !== 'GetCallerIdentity') return notImplemented(operation);
      const result = `<Arn>${escapeXml(principal.arn)}</Arn><UserId>${principal.accessKeyId}</UserId><Account>${account}</Account>`;
      const body = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>${result}</GetCallerIdentityResult></GetCallerIdentityResponse>`;
      return { status: 200, headers: { 'content-type': 'text/xml' }, body };
    },
  };
}

function notImplemented(operation = 'request') {
  const message = `The local STS does not implement ${escapeXml(operation)}`;
  const body = `<ErrorResponse><Error><Type>Sender</Type><Code>NotImplemented</Code><Message>${message}</Message></Error></ErrorResponse>`;
  return { status: 501, headers: { 'content-type': 'text/xml' }, body };
}
