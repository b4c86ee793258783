import * as z from 'zod';

export const projectName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,63}$/,
    'must be 1–64 lower-case letters, digits and dashes, not starting with a dash',
  );

export const accessEntry = z.strictObject({
  projects: z.union([z.literal('*'), z.array(projectName).min(1)]),
  approver: z.boolean().default(false),
});

/**
 * Which IAM principal may touch which projects: `{<role or user ARN>: {projects, approver?}}`. The key `*`
 * stands for everybody whom IAM lets call the API; it is what the `dev` profile starts with.
 */
export const access = z.record(z.string().min(1), accessEntry);
export type Access = z.infer<typeof access>;

/** Who calls, resolved once at the edge. Every use case takes it. */
export interface Caller {
  /** Role or user ARN; assumed-role sessions are reduced to their role. */
  arn: string;
  projects: '*' | readonly string[];
  approver: boolean;
}

export const everything: Access = { '*': { projects: '*', approver: true } };
