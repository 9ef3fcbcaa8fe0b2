// npm run soak -- --minutes 30 --guarantee buffered|spooled [--load 0.7] [--seed N] [--json]
//                 [--services 3] [--calibrate SECONDS] [--fault-every SECONDS] [--keep]
//
// Real services and a real receiver under load at a part of the most that they can do, killed at
// random. Ends with a table of what was seen and `N passed, N failed, N skipped`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Claim, claimsOf } from './claims.ts'
import type { Guarantee } from './parts.ts'
import { soak, type SoakReport } from './soak.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    guarantee: { type: 'string', default: 'buffered' },
    load: { type: 'string', default: '0.7' },
    seed: { type: 'string', default: '1' },
    services: { type: 'string', default: '3' },
    calibrate: { type: 'string', default: '20' },
    'fault-every': { type: 'string', default: '12' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})
if (!['buffered', 'spooled'].includes(values.guarantee)) {
  throw new Error('--guarantee is buffered or spooled')
}

const folder = mkdtempSync(join(tmpdir(), 'grantlog-soak-'))
try {
  const report = await soak({
    guarantee: values.guarantee as Guarantee,
    minutes: Number(values.minutes),
    load: Number(values.load),
    seed: Number(values.seed),
    services: Number(values.services),
    calibrateSeconds: Number(values.calibrate),
    faultSeconds: Number(values['fault-every']),
    folder,
    tell: (line) => console.error(line),
  })
  const claims = claimsOf(report)
  if (values.json) console.log(JSON.stringify({ ...report, claims }))
  else print(report, claims)
  const count = (holds: boolean | null): number =>
    claims.filter((one) => one.holds === holds).length
  console.log(`${count(true)} passed, ${count(false)} failed, ${count(null)} skipped`)
  process.exitCode = count(false) > 0 ? 1 : 0
} finally {
  if (values.keep) console.error(`kept: ${folder}`)
  else rmSync(folder, { recursive: true, force: true })
}

function print(report: SoakReport, claims: readonly Claim[]): void {
  const { disk, faults, guarantee, maximum, minutes, rate, seed } = report
  console.log(`\n${minutes} minutes, ${guarantee}, seed ${seed}`)
  console.log(`${rate.toFixed(0)} requests a second of at most ${maximum.toFixed(0)}`)
  console.log(`${report.sent} sent, ${report.answered} answered, ${report.refused} not with 200`)
  console.log(`faults: ${listed(faults)}`)
  console.log(`on disk at most, MiB: ${listed(disk)}\n`)
  console.table(report.balance.services)
  for (const { claim, holds, seen } of claims) {
    const mark = holds === null ? 'skipped' : holds ? 'passed ' : 'FAILED '
    console.log(`${mark} ${claim}: ${seen}`)
  }
}

function listed(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${name} ${round(count)}`)
  return parts.join(', ') || 'none'
}

function round(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1)
}
