import * as z from 'zod';
import { access } from './access.ts';
import { timings } from './limits.ts';

function json<T extends z.ZodType>(schema: T) {
  return z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'must be JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

const text = z.string().min(1);
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const list = text.transform((value) => value.split(','));

/** Every variable that a deployed function may read. Constructs set them by these names, `env.ts` reads them. */
export const functionVariables = {
  /** Where the bundle lies; Lambda sets it. */
  LAMBDA_TASK_ROOT: text,
  TABLE_NAME: text,
  BUCKET_NAME: text,
  QUEUE_URL: text,
  /** Where `@connections` of the WebSocket API is. */
  CONNECTIONS_URL: text,
  CYCLE_MACHINE_ARN: text,
  APPROVALS_TOPIC_ARN: text,
  CLUSTER_ARN: text,
  TASK_DEFINITION_ARN: text,
  CONTAINER_NAME: text,
  SUBNET_IDS: list,
  SECURITY_GROUP_IDS: list,
  ASSIGN_PUBLIC_IP: z.enum(['ENABLED', 'DISABLED']),
  PROVIDER_SECRET_ARN: text,
  MODEL_ROLE_ARN: text,
  MODEL_REGION: text,
  WORKER_ROLE_ARN: text,
  FUNCTION_WORKER_ARN: text,
  FUNCTION_WORKER_ROLE_ARN: text,
  FUNCTION_WORKER_LOG_GROUP: text,
  WORKER_LOG_GROUP: text,
  WORKER_LOG_PREFIX: text,
  MAX_CONCURRENT_WORKERS: z.coerce.number().int().positive(),
  MAX_CONCURRENT_FUNCTIONS: z.coerce.number().int().positive(),
  FORCE_FARGATE: flag,
  /** Workers run on Fargate Spot as long as it has room and leaves them alone. */
  SPOT: flag,
  /** People may look into running workers by ECS Exec. */
  EXEC: flag,
  /** Never true in a template; the local cloud sets it. */
  SELF_HOSTED_MODELS: flag,
  /** Never true in a template; the local cloud sets it for receivers on this machine. */
  LOOPBACK_WEBHOOKS: flag,
  WEBHOOK_SECRET_ARN: text,
  WEBHOOKS_FUNCTION_ARN: text,
  SCHEDULES_FUNCTION_ARN: text,
  TIMINGS: json(timings),
  ACCESS: json(access),
  PROJECT_MONTH_BUDGET_USD: z.coerce.number().positive(),
  JOB_BUDGET_USD: z.coerce.number().positive(),
} as const;

export type FunctionVariable = keyof typeof functionVariables;

/** The values of these variables, parsed. */
export type FunctionEnvironment<K extends FunctionVariable> = {
  [N in K]: z.output<(typeof functionVariables)[N]>;
};
