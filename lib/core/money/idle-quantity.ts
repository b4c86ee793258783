import type { awsFreeTier } from '#contracts/aws-prices.ts';

/** The resources of a CloudFormation template, as far as their price depends on them. */
export type TemplateResources = Readonly<
  Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
>;

/** So much of something every month, at a price for each, beyond what the account has for nothing. */
export interface IdleQuantity {
  readonly item: string;
  readonly quantity: number;
  readonly unit: string;
  readonly unitUsd: number;
  readonly free?: keyof typeof awsFreeTier;
}
