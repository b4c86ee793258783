/** Goes beside every `pending_actions.json`, so that whoever finds the file can read and write such a one. */
export const handoffReadme = `# Handoff from planning to execution

\`pending_actions.json\` is what the meeting hands to those who carry it out. One document, rewritten by each
cycle's meeting; its actions are carried out high before medium before low. Whatever is not in it is not done.
Dependencies and the checks that are run for each criterion are in \`../planning/actions.json\`.

| field                          |                                                                     |
| ------------------------------ | ------------------------------------------------------------------- |
| \`timestamp\`                    | the time of the meeting, ISO 8601 in UTC                            |
| \`meeting_id\`                   | \`meeting_YYYYMMDD_HHMMSS\`                                           |
| \`actions[].id\`                 | 1, 2, 3, … without gaps                                             |
| \`actions[].action\`             | a complete sentence: what is to be done                             |
| \`actions[].owner\`              | the agent or person that does it, who owns that kind of task        |
| \`actions[].priority\`           | \`high\`, \`medium\` or \`low\`                                           |
| \`actions[].estimated_duration\` | \`30s\`, \`5min\`, \`2h\` or \`1d\`                                         |
| \`actions[].success_criteria\`   | what has to be true in the end, one criterion a line                |
| \`count\`                        | how many actions there are; 0 where the meeting did not go ahead    |
| \`source\`                       | \`planning_meeting_<cycle>\`                                          |

## Tasks

\`tasks.json\` has the same actions as tasks, one for each agent that gets one: \`agent_id\`, \`task_type\`, \`priority\`,
\`context\` (\`files\`, \`objective\`, \`constraints\`, \`reference_docs\`), \`expected_output\` and \`max_tokens\` of each answer.
What came of a task is in \`../execution/<id>.json\`: changed files sorted into \`code\`, \`tests\` and \`documentation\`, and in
\`result\` the agent's evidence, its \`confidence\` and its \`limitations\`.

## Template

\`\`\`json
{
  "timestamp": "2026-11-20T10:00:00.000Z",
  "meeting_id": "meeting_20261120_100000",
  "actions": [
    {
      "id": 1,
      "action": "Run the evaluation of the new model on the holdout set.",
      "owner": "evaluator",
      "priority": "high",
      "estimated_duration": "5min",
      "success_criteria": "NDCG@10 of the new model is at least 0.72."
    }
  ],
  "count": 1,
  "source": "planning_meeting_1"
}
\`\`\`
`;
