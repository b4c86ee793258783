import type * as z from 'zod';
import type { FieldFault } from '#contracts/errors.ts';
import { type Closing, closing, type MeetingPayload, type Statement, statement } from '#contracts/plan.ts';
import { checkPlan } from '../../runs/check-plan.ts';
import { utf8Length } from '../utf8.ts';
import type { Decided } from './minutes.ts';

type Read<T> = { value: T } | { faults: FieldFault[] };

/** Leaves room in the result for what was said. */
const closingBytesMax = 400_000;

export function readStatement(input: unknown, isCritic: boolean): Read<Statement> {
  const found = parse(statement, input);
  if ('faults' in found || !isCritic) return found;
  const { objections, noObjectionBecause = '' } = found.value;
  if (objections.length > 0 || noObjectionBecause.trim() !== '') return found;
  const message =
    'you are the critic: name at least one objection, or say in noObjectionBecause why there is none';
  return { faults: [{ path: '/objections', message }] };
}

export function readClosing(input: unknown, decision: Decided, payload: MeetingPayload): Read<Closing> {
  const found = parse(closing, input);
  if ('faults' in found) return found;
  const { value } = found;
  const faults = [
    ...checkNames(value, payload),
    ...(decision === 'go' ? checkPlan(value.actions, payload) : []),
    ...(decision === 'deadlocked' ? checkPositions(value) : []),
    ...checkSize(value),
  ];
  return faults.length > 0 ? { faults } : found;
}

function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): Read<z.infer<Schema>> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return { value: parsed.data };
  const faults = parsed.error.issues.map(({ path, message }) => ({
    path: path.map((part) => `/${String(part)}`).join(''),
    message,
  }));
  return { faults };
}

function checkNames({ decisions, positions }: Closing, { members }: MeetingPayload): FieldFault[] {
  const known = members.map(({ id }) => id);
  const check = (ids: readonly string[], path: string) =>
    ids.flatMap((id, index) => {
      const message = `"${id}" is no member; they are ${known.join(', ')}`;
      return known.includes(id) ? [] : [{ path: `${path}/${index}`, message }];
    });
  return [
    ...decisions.flatMap(({ by }, index) => check(by, `/decisions/${index}/by`)),
    ...positions.flatMap(({ heldBy }, index) => check(heldBy, `/positions/${index}/heldBy`)),
  ];
}

function checkPositions({ positions, wouldResolve = '' }: Closing): FieldFault[] {
  const faults: FieldFault[] = [];
  if (positions.length === 0)
    faults.push({ path: '/positions', message: 'name the positions that are held, and who holds each' });
  if (wouldResolve.trim() === '')
    faults.push({ path: '/wouldResolve', message: 'say what would resolve the disagreement' });
  return faults;
}

function checkSize(value: Closing): FieldFault[] {
  const bytes = utf8Length(JSON.stringify(value));
  if (bytes <= closingBytesMax) return [];
  return [{ path: '', message: `has ${bytes} bytes; at most ${closingBytesMax} are taken: be shorter` }];
}
