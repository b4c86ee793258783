import type { LocalService } from './service.ts';

export interface S3Service extends LocalService {
  ensureBucket(name: string): Promise<{ arn: string; name: string }>;
}

export async function startS3(_options: { dir: string; region?: string }): Promise<S3Service> {
  throw new Error('not yet');
}
