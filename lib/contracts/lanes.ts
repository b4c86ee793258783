/** Where a worker runs: `fargate` has a sandbox for tools; `function` (Lambda) has none and starts at once. */
export const lanes = ['fargate', 'function'] as const;
export type Lane = (typeof lanes)[number];
