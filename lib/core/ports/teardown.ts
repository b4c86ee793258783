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
  /** A deletion was begun before, and failed: what answered calls may be gone. */
  isHalfGone(): Promise<boolean>;
  /** A stack in `prod` refuses to be deleted until then. */
  unprotectStack(): Promise<void>;
  /**
   * Ends when the stack is gone. Meanwhile executions of these state machines are stopped: a machine stays until its
   * last execution has ended, and those of runs may wait for a person for weeks. @throws AppError `internal` with what could not be deleted, and why */
  deleteStack(stateMachineArns: readonly string[]): Promise<void>;
  /** Every object in every version. */
  emptyBucket(name: string): Promise<void>;
  deleteBucket(name: string): Promise<void>;
  unprotectTable(name: string): Promise<void>;
  deleteTable(name: string): Promise<void>;
  /** What lies in a table or a bucket; 0 for other types; undefined where it is gone. */
  bytesOf(resource: StackResource): Promise<number | undefined>;
}
