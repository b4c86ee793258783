import { Command, type CommanderError } from 'commander';
import { apiVersion } from '#contracts/routes.ts';
import { addAlarm } from './alarm/alarm.ts';
import { addApproval } from './approval/approval.ts';
import { addAsk } from './ask.ts';
import { addCost } from './cost/cost.ts';
import { addDestroy } from './destroy.ts';
import { addDoctor } from './doctor/doctor.ts';
import { addJob } from './job/job.ts';
import { addKeys } from './keys.ts';
import { addLocal } from './local/local.ts';
import { addProject } from './project/project.ts';
import { addRun } from './run/run.ts';
import { addSchedule } from './schedule/schedule.ts';
import { addSmoke } from './smoke.ts';
import { addStatus } from './status/status.ts';
import { addStopAll } from './stop-all.ts';
import { addTask } from './task/task.ts';
import { addTeam } from './team/team.ts';
import { addUsage } from './usage.ts';
import { addWebhook } from './webhook/webhook.ts';

/** All commands. Wrong usage exits 2; with `--json` the complaint is a document too. */
export function makeProgram(json: boolean): Command {
  const program = new Command('muster')
    .description('Teams of AI agents in your own AWS account. This is its command line.')
    .version(apiVersion, '--version', 'show the version')
    .option('--json', 'exactly one JSON document on stdout; errors as one on stderr')
    .option('--api <url>', 'address of the API (else MUSTER_API_URL, the local cloud, the deployed stack)')
    .option('--data <dir>', 'data folder of the local cloud (default: .muster)')
    .option('--profile <name>', 'AWS profile')
    .option('--region <name>', 'AWS region')
    .helpOption('--help', 'show help')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: (text, write) => write(json ? usageDocument(text) : text) })
    .showSuggestionAfterError(true)
    .exitOverride((error: CommanderError) => {
      throw error;
    })
    .addHelpText('after', firstSteps);
  addLocal(program);
  addJob(program);
  addRun(program);
  addApproval(program);
  addProject(program);
  addTask(program);
  addTeam(program);
  addAsk(program);
  addStatus(program);
  addUsage(program);
  addSchedule(program);
  addWebhook(program);
  addCost(program);
  addKeys(program);
  addDoctor(program);
  addSmoke(program);
  addAlarm(program);
  addStopAll(program);
  addDestroy(program);
  return program;
}

const firstSteps = `
First steps:
  npm start                                    run Muster on this machine (leave it open)
  npx muster job submit echo "hi" --wait       a first job
  npx muster job submit chat "Why?" --wait     ask a model
  npx muster job list                          what became of them
  npx muster run start solo "…" --watch        give a team an objective`;

function usageDocument(text: string): string {
  const detail = text.trim().replace(/^error: /, '');
  const document = {
    title: 'invalid request',
    status: 400,
    detail,
    code: 'invalid_request',
    retryable: false,
    exitCode: 2,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
