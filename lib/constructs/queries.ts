import { type ILogGroup, QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

const queries: Readonly<Record<string, { name: string; filter: string }>> = {
  Errors: { name: 'errors', filter: 'level in ["ERROR", "WARN"]' },
  Refused: { name: 'refused calls', filter: 'message like /^refused/' },
  Endings: { name: 'how jobs ended', filter: 'message = "job ended"' },
  OneJob: { name: 'one job (put its id in)', filter: 'job = "job-…"' },
};

const fields = ['@timestamp', 'level', 'message', 'job', 'run', 'attempt', 'status', 'code', 'reason'];

/** Saved queries of Logs Insights, in the folder `Muster`. They cost by what they read, when somebody runs one. */
export function addQueries(scope: Construct, logGroups: readonly ILogGroup[]): void {
  for (const [id, { name, filter }] of Object.entries(queries))
    new QueryDefinition(scope, `Query${id}`, {
      queryDefinitionName: `Muster/${name}`,
      logGroups: [...logGroups],
      queryString: new QueryString({
        fields,
        filterStatements: [filter],
        sort: '@timestamp desc',
        limit: 200,
      }),
    });
}
