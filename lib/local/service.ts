/** Who signed a request, found from its access key. `arn` is what the API Gateway hands on as `userArn`. */
export interface LocalPrincipal {
  accessKeyId: string;
  secretAccessKey: string;
  arn: string;
  /** A short name for counters and logs: `client`, `worker`, or the function's logical id. */
  label: string;
  /** Its key opens `/worker/*` of the API and nothing else. */
  isWorker?: boolean;
}

/** One verified AWS request, body read completely before any service sees it. */
export interface AwsRequest {
  /** The service of the SigV4 credential scope: `dynamodb`, `s3`, `sqs`, `ecs`, `execute-api` … */
  service: string;
  /** By the protocol's own name, `PutItem`, or like `GET /jobs` where it has none. */
  operation: string;
  method: string;
  /** Path as sent, still percent-encoded, without the query. */
  rawPath: string;
  query: URLSearchParams;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: Buffer;
  principal: LocalPrincipal;
}

export interface AwsResponse {
  status: number;
  headers?: Record<string, string>;
  body?: Buffer | string;
}

/** One AWS service on this machine. What it does not know it refuses with a `ServiceFault`, never a guess. */
export interface LocalService {
  handle(request: AwsRequest): Promise<AwsResponse>;
}
