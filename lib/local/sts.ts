import { randomBytes } from 'node:crypto';
import { accountId } from './place.ts';
import { sessionArn } from './resource-context.ts';
import type { AwsRequest, AwsResponse, LocalPrincipal, LocalService } from './service.ts';
import { escapeXml, ServiceFault } from './service-fault.ts';

export interface StsOptions {
  /** How long an assumed role lasts, instead of what was asked for. */
  roleSeconds?: number | undefined;
  /** Told what was lent. Left out: nobody but the borrower knows. */
  onRoleAssumed?: ((lent: AssumedRole) => void) | undefined;
}

export interface AssumedRole {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  arn: string;
}

const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/';

export function makeSts(options: StsOptions = {}): LocalService {
  return {
    async handle(request) {
      const { operation, principal } = request;
      if (operation === 'GetCallerIdentity') return reply(operation, identityOf(principal));
      if (operation === 'AssumeRole') return reply(operation, assume(request, options));
      throw new ServiceFault(501, 'NotImplemented', `The local STS does not implement ${operation}`);
    },
  };
}

/** `aws sts get-caller-identity` is what people try first. */
function identityOf({ arn, accessKeyId }: LocalPrincipal): string {
  return `<Arn>${escapeXml(arn)}</Arn><UserId>${accessKeyId}</UserId><Account>${accountId}</Account>`;
}

/** Nobody in this cloud knows what is lent here: it opens services outside that take any credentials, as fakes do. */
function assume({ body }: AwsRequest, { roleSeconds, onRoleAssumed }: StsOptions): string {
  const form = new URLSearchParams(body.toString('utf8'));
  const roleArn = matching(form, 'RoleArn', /^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/);
  const name = matching(form, 'RoleSessionName', /^[\w+=,.@-]{2,64}$/);
  const asked = Number(form.get('DurationSeconds') ?? 3_600);
  if (!(asked >= 900 && asked <= 3_600)) throw invalid('DurationSeconds', String(asked));
  const lent = {
    accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    sessionToken: randomBytes(60).toString('base64'),
    arn: sessionArn(roleArn, name),
  };
  onRoleAssumed?.(lent);
  return describe(lent, new Date(Date.now() + (roleSeconds ?? asked) * 1_000));
}

function describe({ accessKeyId, secretAccessKey, sessionToken, arn }: AssumedRole, until: Date): string {
  const secrets = `<SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>${sessionToken}</SessionToken>`;
  const credentials = `<AccessKeyId>${accessKeyId}</AccessKeyId>${secrets}<Expiration>${until.toISOString()}</Expiration>`;
  const user = `<Arn>${escapeXml(arn)}</Arn><AssumedRoleId>AROALOCAL:local</AssumedRoleId>`;
  return `<Credentials>${credentials}</Credentials><AssumedRoleUser>${user}</AssumedRoleUser>`;
}

function matching(form: URLSearchParams, name: string, pattern: RegExp): string {
  const value = form.get(name) ?? '';
  if (pattern.test(value)) return value;
  throw invalid(name, value);
}

function invalid(name: string, value: string): ServiceFault {
  return new ServiceFault(400, 'ValidationError', `${name} cannot be "${value}"`);
}

function reply(operation: string, result: string): AwsResponse {
  const body = `<${operation}Response xmlns="${namespace}"><${operation}Result>${result}</${operation}Result></${operation}Response>`;
  return { status: 200, headers: { 'content-type': 'text/xml' }, body };
}
