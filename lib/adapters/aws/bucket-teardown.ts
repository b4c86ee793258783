import {
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  paginateListObjectsV2,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { AppError } from '#contracts/errors.ts';

/** Objects, their older versions and the marks of what was deleted, a thousand at a time. */
export async function emptyBucket(client: S3Client, Bucket: string): Promise<void> {
  for (;;) {
    // From the beginning each time: what was listed before is deleted.
    const page = await unlessGone(client.send(new ListObjectVersionsCommand({ Bucket })));
    const found = [...(page?.Versions ?? []), ...(page?.DeleteMarkers ?? [])];
    if (found.length === 0) return;
    const Objects = found.map(({ Key, VersionId }) => ({ Key, VersionId }));
    const { Errors = [] } = await client.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
    );
    const [first] = Errors;
    if (first)
      throw new AppError(
        'forbidden',
        `${Errors.length} objects of ${Bucket} cannot be deleted: ${first.Message}`,
      );
  }
}

export async function deleteBucket(client: S3Client, Bucket: string): Promise<void> {
  await unlessGone(client.send(new DeleteBucketCommand({ Bucket })));
}

/** Without older versions; undefined where there is no such bucket. */
export async function bucketBytes(client: S3Client, Bucket: string): Promise<number | undefined> {
  let bytes = 0;
  try {
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket }))
      for (const { Size = 0 } of Contents) bytes += Size;
    return bytes;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof S3ServiceException && error.name === 'NoSuchBucket';
}

/** What is gone already is as good as deleted. */
async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}
