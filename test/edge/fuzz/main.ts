// npm run fuzz -- [--inputs N] [--target NAME] [--from N] [--json]
//
// N inputs in all, over all targets or the one named, from number `--from` on. A failure is told
// with its number, and how to run that alone. A target whose process stands still is killed and
// told as a hang; one whose heap grew is told, too. The last line counts inputs.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { canary } from './canary.ts'
import type { FuzzResult } from './run.ts'
import { targets } from './targets.ts'

/** Without a sign of life: a hundred inputs take far less, also beside others. */
const hangMs = 120_000
/** Bytes that a heap may grow by, whatever the number of inputs: caches, and code. */
const growthBytesMax = 24 * 1024 * 1024

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '0' },
    inputs: { type: 'string', default: '100000' },
    json: { type: 'boolean', default: false },
    target: { type: 'string' },
  },
})
const inputsAll = wholeNumber('inputs', values.inputs)
const first = wholeNumber('from', values.from)

interface Row {
  readonly target: string
  readonly inputs: number
  readonly taken: number
  readonly codes: number
  readonly failed: number
  readonly heapGrewBytes: number
}

const chosen = [...targets, ...(values.target === canary.name ? [canary] : [])].filter(
  ({ name }) => values.target === undefined || values.target === name,
)
if (chosen.length === 0) throw new Error(`there is no target ${values.target}`)
const all = chosen.reduce((sum, { share = 1 }) => sum + share, 0)
const rows: Row[] = []
for (const { name, share = 1 } of chosen) {
  rows.push(await runTarget(name, Math.max(1, Math.ceil((inputsAll * share) / all))))
}
const failed = rows.reduce((sum, row) => sum + row.failed, 0)
const passed = rows.reduce((sum, row) => sum + row.inputs, 0) - failed
if (values.json) console.log(JSON.stringify({ targets: rows, passed, failed }))
else console.log(`${passed} passed, ${failed} failed, 0 skipped`)
process.exitCode = failed === 0 ? 0 : 1

async function runTarget(name: string, count: number): Promise<Row> {
  const { at, result } = await runChild(name, count)
  if (result === undefined) {
    console.error(`${name}: ended or stood still at or soon after input ${at}`)
    return { target: name, inputs: at - first, taken: 0, codes: 0, failed: 1, heapGrewBytes: 0 }
  }
  for (const { bytes, error, input } of result.failures) {
    console.error(`${name}, input ${input}: ${error}\n  bytes: ${bytes}`)
    console.error(`  again: npm run fuzz -- --target ${name} --from ${input} --inputs 1`)
  }
  const heapGrewBytes = result.heapEarly === 0 ? 0 : result.heapLate - result.heapEarly
  const grew = heapGrewBytes > growthBytesMax ? 1 : 0
  if (grew > 0) console.error(`${name}: the heap grew by ${heapGrewBytes} bytes`)
  const { inputs, taken } = result
  const codes = Object.keys(result.refused).length
  const failed = result.failures.length + grew
  console.error(`${name}: ${inputs} inputs, ${taken} taken, ${codes} codes, ${failed} failed`)
  return { target: name, inputs, taken, codes, failed, heapGrewBytes }
}

async function runChild(
  name: string,
  count: number,
): Promise<{ at: number; result: FuzzResult | undefined }> {
  const program = join(import.meta.dirname, 'child.ts')
  const flags = ['--expose-gc', '--conditions=@grantlog/source']
  const quiet = '--disable-warning=ExperimentalWarning'
  const args = [...flags, quiet, program, name, String(first), String(count)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = (): void => void child.kill('SIGKILL')
  let watchdog = setTimeout(kill, hangMs)
  let at = first
  let result: FuzzResult | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    clearTimeout(watchdog)
    watchdog = setTimeout(kill, hangMs)
    const said = JSON.parse(line) as { at?: number; result?: FuzzResult }
    at = said.at ?? at
    result = said.result ?? result
  }
  clearTimeout(watchdog)
  return { at, result }
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new Error(`--${flag} is a whole number, not ${text}`)
  return Number(text)
}
