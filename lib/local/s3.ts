import { escapeXml } from './refusals.ts';
import { decodeBody, S3Fault } from './s3-body.ts';
import {
  deleteObject,
  getObject,
  HEADER_OVERRIDES,
  headObject,
  putObject,
  type S3Call,
} from './s3-handlers.ts';
import { listObjectsXml } from './s3-list.ts';
import { ObjectStore } from './s3-objects.ts';
import type { AwsRequest, AwsResponse, LocalService } from './service.ts';

export interface S3Service extends LocalService {
  /** Idempotent. */
  ensureBucket(name: string): Promise<{ arn: string; name: string }>;
}

export interface S3Options {
  dir: string;
  region?: string;
}

type Handler = (call: S3Call) => Promise<AwsResponse> | AwsResponse;

const MAX_KEY_BYTES = 1024;
/** Asking for what would silently not happen is refused. */
const REFUSED_HEADERS = /^x-amz-(copy-source.*|tagging|object-lock-.*|website-.*|grant-.*)$/;
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

/** Method, level and sub-resource → handler. What is not in here answers 501. */
const HANDLERS: Record<string, Handler> = {
  'GET service': listBuckets,
  'PUT bucket': createBucket,
  'HEAD bucket': headBucket,
  'GET bucket location': getLocation,
  'GET bucket list-type': listObjects,
  'POST bucket delete': deleteObjects,
  'PUT object': putObject,
  'GET object': getObject,
  'HEAD object': headObject,
  'DELETE object': deleteObject,
};

const LIST_PARAMETERS = [
  'prefix',
  'delimiter',
  'continuation-token',
  'start-after',
  'max-keys',
  'encoding-type',
  'fetch-owner',
];

/** S3 on files: the operations that Muster uses, path style. */
export async function startS3(options: S3Options): Promise<S3Service> {
  const store = new ObjectStore(options.dir);
  const region = options.region ?? 'us-east-1';
  return {
    handle: (request) => handle(store, region, request),
    ensureBucket: async (name) => {
      requireBucketName(name);
      store.createBucket(name);
      return { arn: `arn:aws:s3:::${name}`, name };
    },
  };
}

async function handle(store: ObjectStore, region: string, request: AwsRequest): Promise<AwsResponse> {
  try {
    const call = readCall(store, region, request);
    const response = await findHandler(call)(call);
    return request.method === 'HEAD' ? { ...response, body: '' } : response;
  } catch (error) {
    if (!(error instanceof S3Fault)) throw error;
    return faultResponse(error, request);
  }
}

function readCall(store: ObjectStore, region: string, request: AwsRequest): S3Call {
  const [, bucket = '', ...rest] = request.rawPath.split('/');
  const key = decodeKey(rest.join('/'));
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new S3Fault(400, 'KeyTooLongError', `Your key is longer than ${MAX_KEY_BYTES} bytes`);
  }
  const hoisted = [...request.query].filter(([name]) => name.startsWith('x-amz-'));
  const headers = { ...Object.fromEntries(hoisted), ...request.headers };
  return {
    store,
    region,
    method: request.method,
    bucket,
    key,
    query: request.query,
    headers,
    body: request.body,
  };
}

function decodeKey(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    throw new S3Fault(400, 'InvalidURI', "Couldn't parse the specified URI.");
  }
}

function findHandler(call: S3Call): Handler {
  const level = call.bucket === '' ? 'service' : call.key === '' ? 'bucket' : 'object';
  const listing = level === 'bucket' && call.query.has('list-type');
  const subResources = [...call.query.keys()].filter(
    (name) =>
      !/^x-amz-|^x-id$/i.test(name) &&
      !HEADER_OVERRIDES.test(name) &&
      !(listing && LIST_PARAMETERS.includes(name)),
  );
  const handler = HANDLERS[[call.method, level, ...subResources].join(' ')];
  const refused = Object.keys(call.headers).find((name) => REFUSED_HEADERS.test(name));
  if (!handler || refused !== undefined) {
    const what = refused ?? [call.method, level, ...subResources].join(' ');
    throw new S3Fault(501, 'NotImplemented', `The local S3 does not implement ${what}`);
  }
  if (
    level !== 'service' &&
    handler !== createBucket &&
    !call.store.hasBucket(requireBucketName(call.bucket))
  ) {
    throw new S3Fault(404, 'NoSuchBucket', 'The specified bucket does not exist');
  }
  return handler;
}

function requireBucketName(name: string): string {
  if (!BUCKET_NAME.test(name))
    throw new S3Fault(400, 'InvalidBucketName', 'The specified bucket is not valid.');
  return name;
}

function listBuckets({ store }: S3Call): AwsResponse {
  const buckets = store
    .listBuckets()
    .map(
      (name) => `<Bucket><Name>${name}</Name><CreationDate>1970-01-01T00:00:00.000Z</CreationDate></Bucket>`,
    );
  return xml(
    `<ListAllMyBucketsResult ${XMLNS}><Owner><ID>local</ID></Owner><Buckets>${buckets.join('')}</Buckets></ListAllMyBucketsResult>`,
  );
}

function createBucket({ store, bucket }: S3Call): AwsResponse {
  store.createBucket(requireBucketName(bucket));
  return { status: 200, headers: { location: `/${bucket}` } };
}

function headBucket({ region }: S3Call): AwsResponse {
  return { status: 200, headers: { 'x-amz-bucket-region': region } };
}

function getLocation({ region }: S3Call): AwsResponse {
  const constraint = region === 'us-east-1' ? '' : region;
  return xml(`<LocationConstraint ${XMLNS}>${constraint}</LocationConstraint>`);
}

function listObjects({ store, bucket, query }: S3Call): AwsResponse {
  if (query.get('list-type') !== '2') throw new S3Fault(400, 'InvalidArgument', 'list-type must be 2');
  return xml(listObjectsXml(bucket, query, store.list(bucket)));
}

function deleteObjects(call: S3Call): AwsResponse {
  const text = decodeBody(call.body, call.headers).body.toString('utf8');
  const keys = [...text.matchAll(/<Key>([\s\S]*?)<\/Key>/g)].map((match) => unescapeXml(match[1] ?? ''));
  const quiet = /<Quiet>\s*true\s*<\/Quiet>/.test(text);
  for (const key of keys) call.store.delete(call.bucket, key);
  const told = quiet ? [] : keys.map((key) => `<Deleted><Key>${escapeXml(key)}</Key></Deleted>`);
  return xml(`<DeleteResult ${XMLNS}>${told.join('')}</DeleteResult>`);
}

function xml(body: string): AwsResponse {
  const text = body.startsWith('<?xml') ? body : `<?xml version="1.0" encoding="UTF-8"?>\n${body}`;
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: text };
}

function faultResponse(fault: S3Fault, request: AwsRequest): AwsResponse {
  const resource = escapeXml(request.rawPath);
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${fault.code}</Code><Message>${escapeXml(fault.message)}</Message><Resource>${resource}</Resource><RequestId>local</RequestId></Error>`;
  return {
    status: fault.status,
    headers: { 'content-type': 'application/xml' },
    body: request.method === 'HEAD' ? '' : body,
  };
}

function unescapeXml(text: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(#x?[0-9a-f]+|[a-z]+);/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return named[name] ?? whole;
    const code = name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return String.fromCodePoint(code);
  });
}
