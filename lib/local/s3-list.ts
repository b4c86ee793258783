import type { ObjectMeta } from './s3-objects.ts';
import { escapeXml, ServiceFault } from './service-fault.ts';

const mostKeys = 1000;

/** The answer to ListObjectsV2 over all objects of a bucket, given in key order. */
export function listObjectsXml(bucket: string, query: URLSearchParams, objects: ObjectMeta[]): string {
  const prefix = query.get('prefix') ?? '';
  const maxKeys = Math.min(Number(query.get('max-keys') ?? mostKeys), mostKeys);
  if (!(maxKeys >= 0)) throw new ServiceFault(400, 'InvalidArgument', 'max-keys must be a whole number');
  const token = query.get('continuation-token');
  const after = Buffer.from(token ?? '', 'base64url');
  const matching = objects.filter(
    ({ key }) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), after) > 0,
  );
  const page = matching.slice(0, maxKeys);
  const next = matching.length > maxKeys ? page.at(-1) : undefined;
  const isUrl = query.get('encoding-type') === 'url';
  const encode = isUrl ? (key: string) => encodeURIComponent(key).replaceAll('%2F', '/') : escapeXml;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    `<Name>${bucket}</Name><Prefix>${encode(prefix)}</Prefix><MaxKeys>${maxKeys}</MaxKeys>`,
    isUrl ? '<EncodingType>url</EncodingType>' : '',
    `<KeyCount>${page.length}</KeyCount><IsTruncated>${next !== undefined}</IsTruncated>`,
    next
      ? `<NextContinuationToken>${Buffer.from(next.key).toString('base64url')}</NextContinuationToken>`
      : '',
    ...page.map((meta) => contentXml(meta, encode)),
    '</ListBucketResult>',
  ].join('');
}

function contentXml(meta: ObjectMeta, encode: (text: string) => string): string {
  const etag = escapeXml(meta.etag);
  return `<Contents><Key>${encode(meta.key)}</Key><LastModified>${meta.lastModified}</LastModified><ETag>${etag}</ETag><Size>${meta.size}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
}
