// npm run bench -- [NAME] [--full] [--keep] [--check] [--json]
//
// Each benchmark is a file of this folder. Figures are CPU as the system counts it, in interleaved
// rounds beside a real peer: `npm run peers` builds it. What counts are the ratios. Some have no
// peer: `ack` takes times beside fdatasync of one disk; `growth` and `outage` compare a receiver
// with itself.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BenchRequest, readArguments } from './arguments.ts'
import { ack } from './ack.ts'
import { attacks } from './attacks.ts'
import { growth } from './growth.ts'
import { ingest } from './ingest.ts'
import { keepResult, keptRatios } from './kept.ts'
import { passthrough } from './pass-through.ts'
import { outage } from './outage.ts'
import { requests } from './requests.ts'
import { type Benchmark, markdown } from './result.ts'
import { sdk } from './sdk.ts'
import { search } from './search.ts'
import { regressionsIn } from './statistics.ts'
import { verify } from './verify.ts'

const benchmarks: Readonly<Record<string, Benchmark>> = {
  ingest,
  requests,
  passthrough,
  ack,
  growth,
  outage,
  attacks,
  sdk,
  search,
  verify,
}

// A page and its index are what `search` measures; everywhere else they would be in the way.
process.env.GRANTLOG_CONSOLE ??= 'off'
process.env.GRANTLOG_DETECT ??= 'off'
const asked = readArguments(process.argv.slice(2), Object.keys(benchmarks))
const folder = mkdtempSync(join(tmpdir(), 'grantlog-bench-'))
try {
  const tell = (line: string): void => console.error(line)
  const result = await benchmarks[asked.name]!({ folder, tell }, asked)
  console.log(`\n${markdown(result.table)}`)
  if (asked.isCheck) check(asked, result.ratios)
  if (asked.isKept) keepResult(asked.name, result, asked.isFull)
  if (asked.isJson) console.log(JSON.stringify(result.json))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function check({ isFull, name }: BenchRequest, ratios: Parameters<typeof regressionsIn>[1]): void {
  const kept = keptRatios(name, isFull)
  if (Object.keys(kept).length === 0) {
    console.error(`nothing is kept of ${name}: run it with ${isFull ? '--full' : '--keep'} first`)
    process.exitCode = 1
    return
  }
  const regressions = regressionsIn(kept, ratios)
  for (const { is, limit, name: which, was } of regressions) {
    console.error(`${which}: ${is}, was ${was}, and may be ${limit.toFixed(2)} with the noise`)
  }
  const passed = Object.keys(kept).length - regressions.length
  console.error(`${passed} passed, ${regressions.length} failed, 0 skipped`)
  if (regressions.length > 0) process.exitCode = 1
}
