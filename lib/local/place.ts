/** One place for everything: no client asks for another, and fauxqs knows no other account. */
export const region = 'us-east-1';
export const accountId = '000000000000';

export function arnOf(service: string, resource: string): string {
  return `arn:aws:${service}:${region}:${accountId}:${resource}`;
}
