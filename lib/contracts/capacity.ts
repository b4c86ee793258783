import * as z from 'zod';

/** On what a worker of the lane `fargate` runs: spare capacity that AWS may take back, or capacity of its own. */
export const capacity = z.enum(['spot', 'on_demand']);
export type Capacity = z.infer<typeof capacity>;
