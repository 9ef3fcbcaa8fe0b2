// What `grantlog doctor` says of validations: the result and the age of the newest of each service.
// See test/doctor.test.ts.
import { decodeValidation, type Folders, openReader, type Validation } from '@grantlog/ledger'
import type { Check } from './check.ts'
import { tellValidation } from './validated.ts'

/** A validation that is older says little of today, ms: a schedule is mostly of hours. */
const staleMs = 36 * 3_600_000

/** The newest validation of each service. */
async function validationsIn(folders: Folders): Promise<readonly Validation[]> {
  const newest = new Map<string, Validation>()
  const reader = await openReader(folders)
  try {
    for await (const { entries } of reader.frames(0)) {
      for (const { leaf, stored } of entries) {
        if (leaf.type !== 'validation' || stored.kind !== 'content') continue
        const validation = decodeValidation(stored.content)
        newest.set(validation.service, validation)
      }
    }
  } finally {
    await reader.close()
  }
  return [...newest.values()]
}

export async function checkValidations(folders: Folders, now: number): Promise<Check[]> {
  const validations = await validationsIn(folders)
  if (validations.length === 0) {
    const what = 'records were never compared with access logs or stream counters'
    return [{ code: 'VALIDATION', status: 'weak', what, fix: 'Run `grantlog reconcile`.' }]
  }
  return validations.map((validation): Check => {
    const { madeAt, service, verdict } = validation
    const what = `validation of ${tellValidation(validation, now)}`
    const name = service === '' ? '' : ` --service ${service}`
    if (verdict !== 'agrees') {
      const fix = `See \`grantlog reconcile${name}\`, or its reports in queue/reports.`
      return { code: 'VALIDATION', status: 'weak', what, fix }
    }
    if (now - madeAt <= staleMs) return { code: 'VALIDATION', status: 'ok', what }
    const fix = 'Have it done at an interval: `grantlog receiver --reconcile SERVICE=PATH`.'
    return { code: 'VALIDATION', status: 'weak', what: `${what}: stale`, fix }
  })
}
