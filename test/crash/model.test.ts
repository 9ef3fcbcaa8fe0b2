// Scenario: the filesystem model: crashes after any write, around any fsync and rename, torn and
// reordered writes, lost unsynced data, failed syncs, full disks, rot; each decided by a seed.
// Guarantee: what each driver in model/ promises, for every seed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from '@jest/globals'
import { type Fault, faultTest, isFull } from './fault.ts'
import { driverFiles, loadDriver } from './model/runner/find.ts'

/** Over all drivers, by their shares; `npm run test:model -- --seeds 1000000` for the long run. */
const seedsAll = isFull ? 100_000 : 10_000
/** Which part of Grantlog a driver drives. */
const places: Readonly<Record<string, Fault['where']>> = {
  journal: 'journal',
  ledger: 'ledger',
  sinks: 'sink',
  spool: 'SDK',
}
const runner = join(import.meta.dirname, 'model/runner/run.ts')

interface Report {
  readonly drivers: readonly { readonly counters: Readonly<Record<string, number>> }[]
  readonly passed: number
  readonly failed: number
}

const drivers = await Promise.all(driverFiles().map(loadDriver))
const shares = drivers.reduce((sum, { share = 1 }) => sum + share, 0)
for (const { name, share = 1 } of drivers) {
  const row = {
    where: places[name] ?? 'ledger',
    fault: `the filesystem model's crashes, faults and rot, driver ${name}`,
    expected: 'every promise holds for every seed',
  }
  faultTest(row, () => runModel(name, Math.ceil((seedsAll * share) / shares)))
}

async function runModel(driver: string, seeds: number): Promise<string> {
  const flags = ['--conditions=@grantlog/source', runner, '--json']
  const args = [...flags, '--driver', driver, '--seeds', String(seeds)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  await ended
  if (child.exitCode !== 0) throw new Error(stderr)
  const { passed, failed, drivers: rows } = JSON.parse(stdout) as Report
  expect([passed, failed]).toEqual([seeds, 0])
  const counted = Object.entries(rows[0]?.counters ?? {}).map(([key, n]) => `${n} ${key}`)
  return [`${passed} seeds`, ...counted].join(', ')
}
