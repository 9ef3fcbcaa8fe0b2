// npm run test:model -- [--seeds N] [--driver NAME] [--from N] [--json]
//
// Drives Grantlog through the filesystem model, seed after seed, on all cores: N seeds in all, over
// all drivers or the one named, from seed `--from` on. A broken promise is told with its seed, and
// how to run that alone. A counter that stays at zero fails, too: the model never came there.
// The last line counts seeds; Ctrl-C ends the run with what there is.
import { parseArgs } from 'node:util'
import type { Driver } from '../driver.ts'
import { driverFiles, loadDriver } from './find.ts'
import { type DriverResult, runSeeds } from './pool.ts'

const { values } = parseArgs({
  options: {
    driver: { type: 'string' },
    from: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '10000' },
  },
})
const seedsAll = wholeNumber('seeds', values.seeds)
const first = wholeNumber('from', values.from)
/** From so many seeds on, each counter must have counted something. */
const seedsForCounters = 200
const progressMs = 5000
const failuresTold = 10

interface Row {
  readonly driver: string
  readonly asked: number
  readonly seeds: number
  readonly failed: number
  readonly seedsPerSecond: number
  readonly counters: Readonly<Record<string, number>>
}

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
process.once('SIGTERM', () => stop.abort())

const chosen: { readonly path: string; readonly driver: Driver }[] = []
for (const path of driverFiles()) {
  const driver = await loadDriver(path)
  if (values.driver === undefined || values.driver === driver.name) chosen.push({ path, driver })
}
if (chosen.length === 0) fail(`there is no driver ${values.driver ?? ''}`)

const shares = chosen.reduce((sum, { driver }) => sum + (driver.share ?? 1), 0)
const rows: Row[] = []
for (const { path, driver } of chosen) {
  const asked = Math.max(1, Math.ceil((seedsAll * (driver.share ?? 1)) / shares))
  rows.push(await runDriver(path, driver.name, asked))
}
const failed = sum(rows.map((row) => row.failed))
const ran = sum(rows.map(({ seeds }) => seeds))
const passed = ran - sum(rows.map((row) => Math.min(row.failed, row.seeds)))
const skipped = sum(rows.map(({ asked, seeds }) => asked - seeds))
if (values.json) console.log(JSON.stringify({ drivers: rows, passed, failed, skipped }))
else console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = stop.signal.aborted ? 130 : failed === 0 ? 0 : 1

async function runDriver(path: string, name: string, asked: number): Promise<Row> {
  const begun = performance.now()
  let told = begun
  const rate = (seeds: number): number =>
    Math.round((seeds * 1000) / Math.max(1, performance.now() - begun))
  const onProgress = ({ seeds, failures }: DriverResult): void => {
    if (performance.now() - told < progressMs) return
    told = performance.now()
    console.error(`${name}: ${seeds} of ${asked}, ${failures.length} failed, ${rate(seeds)}/s`)
  }
  const { signal } = stop
  const range = { from: first, to: first + asked }
  const { seeds, counters, failures } = await runSeeds({ path, ...range, signal, onProgress })
  for (const { seed, message } of failures.slice(0, failuresTold)) {
    console.error(`driver ${name}, seed ${seed}: ${message}`)
    console.error(`  again: npm run test:model -- --driver ${name} --from ${seed} --seeds 1`)
  }
  const zero = Object.keys(counters).filter((key) => counters[key] === 0)
  const unseen = seeds >= seedsForCounters ? zero : []
  for (const key of unseen) console.error(`driver ${name}: ${key} is 0 after ${seeds} seeds`)
  const found = failures.length + unseen.length
  const row = { driver: name, asked, seeds, failed: found, seedsPerSecond: rate(seeds), counters }
  if (!values.json) console.log(textOf(row))
  return row
}

function textOf({ driver, seeds, failed: count, seedsPerSecond, counters }: Row): string {
  const counted = Object.entries(counters).map(([key, value]) => `${value} ${key}`)
  const head = `${driver}: ${seeds} seeds from ${first}, ${count} failed, ${seedsPerSecond}/s`
  return counted.length === 0 ? head : `${head}; ${counted.join(', ')}`
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  return fail(`--${name} is ${text}, not a whole number above 0`)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function fail(message: string): never {
  console.error(message)
  process.exit(2)
}
