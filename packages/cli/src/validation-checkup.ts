// What `grantlog doctor` says of validations: the result and the age of the newest of each service,
// by the schedule in force. See validation-checkup.test.ts.
import { decodeValidation, type Folders, openReader, type Validation } from '@grantlog/ledger'
import { frameOf, type NotedValidations, readNotedValidations } from '@grantlog/receiver'
import type { Check } from './check.ts'
import { ageOf, tellValidation } from './validated.ts'

/** What of a reader is asked. */
export type ValidationLog = Parameters<typeof frameOf>[0]

type Schedule = NotedValidations['schedule'][number]

/** Without a schedule, a validation that is older says little of today, ms. */
const staleMs = 36 * 3_600_000

/** What a comparison may take at low priority, ms. */
const runMs = 10 * 60_000

/**
 * The newest frames that are read, whatever the receiver noted: a comparison that was sealed
 * without it is among them, and some seconds are enough to read them.
 */
const newestFrames = 2_000

export async function checkValidations(folders: Folders, now: number): Promise<Check[]> {
  const noted = await readNotedValidations(folders.queue)
  const reader = await openReader(folders)
  try {
    const newest = await newestValidations(reader, noted)
    return tellValidations(newest, noted.schedule, now)
  } finally {
    await reader.close()
  }
}

/**
 * The newest validation of each service, in the newest frames or where the note says one is; what
 * it says of it is not believed. Reads `framesMax` frames, and some 20 for each service noted.
 */
export async function newestValidations(
  log: ValidationLog,
  { newest: noted }: Pick<NotedValidations, 'newest'>,
  framesMax: number = newestFrames,
): Promise<Map<string, Validation>> {
  const newest = new Map<string, Validation>()
  const from = Math.max(log.journal.first, log.journal.next - framesMax)
  for (const { index } of noted) {
    const number = await frameOf(log, index)
    if (number < from) await readInto(newest, log, number, number)
  }
  await readInto(newest, log, from)
  return newest
}

async function readInto(
  newest: Map<string, Validation>,
  { frames }: Pick<ValidationLog, 'frames'>,
  from: number,
  to: number = Infinity,
): Promise<void> {
  for await (const { entries, number } of frames(from)) {
    for (const { leaf, stored } of entries) {
      if (leaf.type !== 'validation' || stored.kind !== 'content') continue
      const validation = decodeValidation(stored.content)
      newest.set(validation.service, validation)
    }
    if (number >= to) break
  }
}

/** Pure: one check for each service that was compared, or is to be. */
export function tellValidations(
  newest: ReadonlyMap<string, Validation>,
  schedule: readonly Schedule[],
  now: number,
): Check[] {
  const scheduleOf = (service: string): Schedule | undefined =>
    schedule.find((one) => one.service === service)
  const told = Array.from(newest.values(), (one) => tell(one, scheduleOf(one.service), now))
  const due = schedule.filter(({ service }) => !newest.has(service))
  const checks = [...told, ...due.map((one) => tellDue(one, now))]
  if (checks.length > 0) return checks
  const what = 'no comparison of records with access logs or stream counters was found'
  return [{ code: 'VALIDATION', status: 'weak', what, fix: 'Run `grantlog reconcile`.' }]
}

function tell(validation: Validation, schedule: Schedule | undefined, now: number): Check {
  const { madeAt, service, verdict } = validation
  const what = `validation of ${tellValidation(validation, now)}`
  const name = service === '' ? '' : ` --service ${service}`
  if (verdict !== 'agrees') {
    const fix = `See \`grantlog reconcile${name}\`, or its reports in queue/reports.`
    return { code: 'VALIDATION', status: 'weak', what, fix }
  }
  if (schedule !== undefined) return judge(what, madeAt, schedule, now)
  if (now - madeAt <= staleMs) return { code: 'VALIDATION', status: 'ok', what }
  const fix = 'Have it done at an interval: `grantlog receiver --reconcile SERVICE=PATH`.'
  return { code: 'VALIDATION', status: 'weak', what: `${what}: stale`, fix }
}

function tellDue(schedule: Schedule, now: number): Check {
  const what = `validation of ${schedule.service}: none yet`
  return judge(what, 0, schedule, now)
}

/** One that is missed may have been a restart's; of two somebody should know. */
function judge(what: string, madeAt: number, { everyMs, since }: Schedule, now: number): Check {
  const ageMs = now - Math.max(madeAt, since)
  const due = `${what}, due every ${ageOf(everyMs)}`
  if (ageMs <= 2 * everyMs + runMs) return { code: 'VALIDATION', status: 'ok', what: due }
  const fix =
    'See RECONCILE_FAILED and VALIDATION_WAITS in the log of the receiver, and whether it runs: ' +
    'the first comparison is one interval after its start.'
  return { code: 'VALIDATION', status: 'weak', what: `${due}: stale`, fix }
}
