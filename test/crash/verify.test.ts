// Scenario: a verifier is killed with SIGKILL again and again, and goes on with its own file.
// Guarantee: the report in the end is that of a verifier nobody killed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from '@jest/globals'
import {
  audit,
  type AuditReport,
  createLedger,
  encodeEnrolment,
  foldersUnder,
  openLedger,
} from '@grantlog/ledger'
import { person, spanOf, testProducer } from '../../packages/ledger/test/producer.ts'
import { newFolder } from './data-folder.ts'
import { faultTest } from './fault.ts'

const killed = {
  where: 'ledger',
  fault: 'a verifier with --resume is killed until it once comes to its end',
  expected: 'each goes on where the last one was, and the report is that of a whole run',
} as const

/** A later kill for each: the last ones let it come to its end. */
const laterMs = 15
const runsMax = 200

faultTest(killed, async () => {
  await using folder = await newFolder('verify')
  const data = join(folder.path, 'data')
  const logKey = await newLedger(data, 6000)
  const whole = await audit({ folders: foldersUnder(data), logKey })
  expect(whole).toMatchObject({ findings: [], verified: 6000 })
  const state = join(folder.path, 'state')
  let [resumed, kills] = [0, 0]
  for (let run = 0; run < runsMax; run++) {
    const report = await auditUntil([data, logKey, state], run * laterMs)
    if (report === null) {
      kills++
      continue
    }
    resumed = report.resumed?.from ?? 0
    expect({ ...report, resumed: null }).toEqual(whole)
    break
  }
  expect(existsSync(state)).toBe(false)
  expect(resumed).toBeGreaterThan(0)
  return `${kills} kills; the last run went on at entry ${resumed} of ${whole.size}`
})

/** Null for an audit that was killed before it had told its report. */
async function auditUntil(args: string[], afterMs: number): Promise<AuditReport | null> {
  const path = join(import.meta.dirname, 'audited.mjs')
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  let report: AuditReport | null = null
  for await (const line of createInterface(child.stdout)) {
    if (line === 'begun') void delay(afterMs).then(() => child.kill('SIGKILL'))
    else report = JSON.parse(line) as AuditReport
  }
  await exited
  return report
}

async function newLedger(data: string, records: number): Promise<string> {
  const folders = foldersUnder(data)
  const { logKey } = await createLedger(folders, 'killed.example/log')
  const ledger = await openLedger(folders)
  const { batch, enrolment, kid } = testProducer()
  await ledger.commitContent({ type: 'key', id: kid, content: encodeEnrolment(enrolment) })
  for (let first = 0, count = 1; first < records; first += count) {
    count = Math.min(records - first, 1 + ((first * 7) % 300))
    const spans = Array.from({ length: count }, (_, i) =>
      spanOf({ seq: first + i, attributes: person(`person ${i % 20}`) }),
    )
    await ledger.commit(batch(spans))
  }
  await ledger.close()
  return logKey
}
