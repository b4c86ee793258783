import { escapeXml } from './refusals.ts';
import { S3Fault } from './s3-body.ts';
import type { ObjectMeta } from './s3-objects.ts';

const MAX_KEYS = 1000;

interface Page {
  contents: ObjectMeta[];
  commonPrefixes: string[];
  nextAfter: string | undefined;
}

/** The answer to ListObjectsV2 over all objects of a bucket, given in key order. */
export function listObjectsXml(bucket: string, query: URLSearchParams, objects: ObjectMeta[]): string {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const maxKeys = Math.min(Number(query.get('max-keys') ?? MAX_KEYS), MAX_KEYS);
  if (!Number.isInteger(maxKeys) || maxKeys < 0) {
    throw new S3Fault(400, 'InvalidArgument', 'max-keys must be a whole number');
  }
  const token = query.get('continuation-token');
  const after =
    token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString('utf8');
  const page = takePage(objects, prefix, delimiter, after, maxKeys);
  const encode = query.get('encoding-type') === 'url' ? encodeKey : escapeXml;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    `<Name>${bucket}</Name><Prefix>${encode(prefix)}</Prefix><MaxKeys>${maxKeys}</MaxKeys>`,
    delimiter === '' ? '' : `<Delimiter>${encode(delimiter)}</Delimiter>`,
    query.get('encoding-type') === 'url' ? '<EncodingType>url</EncodingType>' : '',
    `<KeyCount>${page.contents.length + page.commonPrefixes.length}</KeyCount>`,
    token === null ? '' : `<ContinuationToken>${escapeXml(token)}</ContinuationToken>`,
    `<IsTruncated>${page.nextAfter !== undefined}</IsTruncated>`,
    page.nextAfter === undefined
      ? ''
      : `<NextContinuationToken>${Buffer.from(page.nextAfter).toString('base64url')}</NextContinuationToken>`,
    ...page.contents.map((meta) => contentXml(meta, encode)),
    ...page.commonPrefixes.map(
      (common) => `<CommonPrefixes><Prefix>${encode(common)}</Prefix></CommonPrefixes>`,
    ),
    '</ListBucketResult>',
  ].join('');
}

function takePage(
  objects: ObjectMeta[],
  prefix: string,
  delimiter: string,
  after: string,
  maxKeys: number,
): Page {
  const page: Page = { contents: [], commonPrefixes: [], nextAfter: undefined };
  const afterBytes = Buffer.from(after);
  let last = after;
  for (const meta of objects) {
    if (!meta.key.startsWith(prefix) || Buffer.compare(Buffer.from(meta.key), afterBytes) <= 0) continue;
    const common = commonPrefix(meta.key, prefix, delimiter);
    // A page that ended inside a common prefix left its last key in the token: that prefix was already told.
    if (
      common !== undefined &&
      (page.commonPrefixes.at(-1) === common || (after !== '' && after.startsWith(common)))
    ) {
      last = meta.key;
      continue;
    }
    if (page.contents.length + page.commonPrefixes.length >= maxKeys) {
      page.nextAfter = maxKeys === 0 ? undefined : last;
      return page;
    }
    if (common === undefined) page.contents.push(meta);
    else page.commonPrefixes.push(common);
    last = meta.key;
  }
  return page;
}

function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

function contentXml(meta: ObjectMeta, encode: (text: string) => string): string {
  const etag = escapeXml(meta.etag);
  return `<Contents><Key>${encode(meta.key)}</Key><LastModified>${meta.lastModified}</LastModified><ETag>${etag}</ETag><Size>${meta.size}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
}

function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/');
}
