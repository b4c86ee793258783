/** The account number of the local cloud; its executions have no page in the AWS console. */
const localAccount = '000000000000';

/** The page of an execution in the AWS console. */
export function consoleOfExecution(executionArn: string): string | undefined {
  const [, , , region, account] = executionArn.split(':');
  if (!region || account === localAccount) return undefined;
  return `https://${region}.console.aws.amazon.com/states/home?region=${region}#/v2/executions/details/${executionArn}`;
}
