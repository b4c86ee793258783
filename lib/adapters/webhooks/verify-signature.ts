import { createHmac, timingSafeEqual } from 'node:crypto';

export interface Delivered {
  id: string;
  timestamp: string;
  /** As the header has it: several, apart by a space. */
  signatures: string;
  body: string;
}

/** Which of the secrets a message was signed by, by Standard Webhooks 1.0.0; -1 for none. Its age is not looked at. */
export function findSecret(
  { id, timestamp, signatures, body }: Delivered,
  secrets: readonly string[],
): number {
  const given = signatures.split(' ').flatMap((each) => (each.startsWith('v1,') ? [each.slice(3)] : []));
  return secrets.findIndex((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
    return given.some((each) => isSame(Buffer.from(each, 'base64'), expected));
  });
}

function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
