/** As much of the Amazon States Language as is needed to draw a machine and to walk through it. */
export interface Machine {
  StartAt: string;
  States: Record<string, AslState>;
}

export interface AslState {
  Type: string;
  Comment?: string;
  Cause?: string;
  Resource?: string;
  Next?: string;
  Default?: string;
  Choices?: { StringEquals: string; Next: string }[];
  Catch?: { Next: string }[];
  ItemProcessor?: Machine;
}

/** Ends when a job or a person does, not when its function answers. */
export function isWaiting({ Resource }: AslState): boolean {
  return Resource?.endsWith('.waitForTaskToken') === true;
}
