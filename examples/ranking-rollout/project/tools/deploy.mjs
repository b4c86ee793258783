// deploy.mjs deploy STAGE MODEL | rollback STAGE | status
// Copies a model to a stage and writes down what happened in rollout.json.
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

const { stages } = JSON.parse(readFileSync('config/criteria.json', 'utf8'));
const stateFile = 'rollout.json';

function readState() {
  return existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, 'utf8')) : { stage: null, history: [] };
}

function record(state, stage, event) {
  const history = [...state.history, { number: state.history.length + 1, ...event }];
  writeFileSync(stateFile, `${JSON.stringify({ stage, history }, undefined, 2)}\n`);
}

function requireStage(stage) {
  if (!stages.includes(stage)) throw new Error(`stage "${stage}" is none of ${stages.join(', ')}`);
}

/** A stage opens when the one before it has a model. */
function deploy(stage, model) {
  requireStage(stage);
  const source = `models/${model}.json`;
  if (!existsSync(source)) throw new Error(`${source} is not there: train it first`);
  const before = stages[stages.indexOf(stage) - 1];
  if (before !== undefined && !existsSync(`stages/${before}/model.json`))
    throw new Error(`stage ${stage} comes after ${before}, where nothing is deployed`);
  mkdirSync(`stages/${stage}`, { recursive: true });
  const target = `stages/${stage}/model.json`;
  if (existsSync(target)) copyFileSync(target, `stages/${stage}/previous.json`);
  copyFileSync(source, target);
  record(readState(), stage, { deployed: model, to: stage });
  console.log(`deployed ${model} to ${stage}`);
}

/** Back to the model before, or to none. */
function rollback(stage) {
  requireStage(stage);
  const target = `stages/${stage}/model.json`;
  const previous = `stages/${stage}/previous.json`;
  if (!existsSync(target)) throw new Error(`nothing is deployed to ${stage}`);
  if (existsSync(previous)) renameSync(previous, target);
  else renameSync(target, `stages/${stage}/rolled-back.json`);
  const stays = existsSync(target);
  record(readState(), stays ? stage : (stages[stages.indexOf(stage) - 1] ?? null), { rolledBack: stage });
  console.log(`rolled ${stage} back to ${stays ? 'the model before' : 'nothing'}`);
}

function status() {
  const { stage, history } = readState();
  console.log(`stage ${stage ?? 'none'}, ${history.length} events`);
  for (const { number, ...event } of history) console.log(`  ${number} ${JSON.stringify(event)}`);
}

const [, , command, ...args] = process.argv;
try {
  if (command === 'deploy') deploy(...args);
  else if (command === 'rollback') rollback(...args);
  else if (command === 'status') status();
  else throw new Error('usage: deploy.mjs deploy STAGE MODEL | rollback STAGE | status');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
