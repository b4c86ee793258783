export interface StackResource {
  /** As CloudFormation calls it: `AWS::S3::Bucket`. */
  type: string;
  /** As the service calls it. */
  name: string;
  /** It outlives the stack. */
  retained: boolean;
}

/** What takes a deployment down. Everything may be repeated: what is gone already is as good as deleted. */
export interface Teardown {
  resources(): Promise<StackResource[]>;
  /** A stack in `prod` refuses to be deleted until then. */
  unprotectStack(): Promise<void>;
  /** Ends when the stack is gone. @throws AppError `internal` with what could not be deleted, and why */
  deleteStack(): Promise<void>;
  /** Every object in every version. */
  emptyBucket(name: string): Promise<void>;
  deleteBucket(name: string): Promise<void>;
  unprotectTable(name: string): Promise<void>;
  deleteTable(name: string): Promise<void>;
  /** What lies in a table or a bucket; 0 for other types; undefined where it is gone. */
  bytesOf(resource: StackResource): Promise<number | undefined>;
}
