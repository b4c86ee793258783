/**
 * What AWS charges for what Muster uses, in USD, on demand, in us-east-1, without the free tier. Fargate and
 * Lambda are arm64. Date: 2026-08-16. Sources: the AWS Price List, and the pricing pages of each service.
 */
export const awsPrices = {
  region: 'us-east-1',
  date: '2026-08-16',
  fargateVcpuHour: 0.03238,
  fargateGiBHour: 0.00356,
  /** Of disk beyond the first 20 GiB. */
  fargateDiskGiBHour: 0.000111,
  /** A task is billed from the download of its image on, and for a minute at least. */
  fargateSecondsMin: 60,
  publicIpv4Hour: 0.005,
  httpApiRequest: 1 / 1_000_000,
  lambdaRequest: 0.2 / 1_000_000,
  lambdaGiBSecond: 0.0000133334,
  dynamoWriteUnit: 0.625 / 1_000_000,
  dynamoReadUnit: 0.125 / 1_000_000,
  sqsRequest: 0.4 / 1_000_000,
  s3Put: 0.005 / 1_000,
  s3Get: 0.0004 / 1_000,
  secretRead: 0.05 / 10_000,
  logsGiB: 0.5,
  stepTransition: 0.025 / 1_000,
  /** GetCostAndUsage, each page of it. Source: AWS Cost Management pricing, "Cost Explorer API". */
  costExplorerRequest: 0.01,
  ecrGiBMonth: 0.1,
  s3GiBMonth: 0.023,
  dynamoGiBMonth: 0.25,
  secretMonth: 0.4,
  kmsKeyMonth: 1,
  kmsRequest: 0.03 / 10_000,
  xrayTrace: 5 / 1_000_000,
  alarmMonth: 0.1,
  metricMonth: 0.3,
  dashboardMonth: 3,
  natHour: 0.045,
  /** Of a budget with an action, beyond the free ones. */
  budgetActionDay: 0.1,
  hoursPerMonth: 730,
} as const;
export type AwsPrices = typeof awsPrices;

/** What an account has for nothing every month, for ever: in the whole account, not for Muster alone. */
export const awsFreeTier = {
  alarms: 10,
  metrics: 10,
  dashboards: 3,
  budgetActions: 2,
  lambdaRequests: 1_000_000,
  lambdaGiBSeconds: 400_000,
  sqsRequests: 1_000_000,
  logsGiB: 5,
  kmsRequests: 20_000,
  xrayTraces: 100_000,
} as const;
