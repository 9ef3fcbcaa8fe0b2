// What must not harm a library's application, whatever happens to our hooks or beside them. Each
// check compares the same application without Grantlog.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { newProducer } from '../../packages/sdk/test/fixtures/credentials.ts'
import { noteKey } from '../../packages/sdk/test/fixtures/sink.ts'
import { changesIn, runAudited, type Task } from './cell.ts'
import { install } from './installed.ts'
import { runProgram } from './process.ts'
import { missingOf } from './records.ts'
import { startDrain } from './servers.ts'
import { type Library, majorOf } from './row.ts'

export interface Harm {
  readonly name: string
  /** A line for each thing that is otherwise; or why it cannot be checked. */
  readonly check: (library: Library, task: Task) => Promise<readonly string[] | { skipped: string }>
}

const harm = join(import.meta.dirname, 'harm')
const importing = (file: string): string[] => ['--import', pathToFileURL(join(harm, file)).href]
/** What the operator is told when hooks fail. */
const hookFailed = /^grantlog: (?:HOOK_FAILED|NOTHING_HOOKED|STOP_WITHHELD)/m
const tracer = '@opentelemetry/auto-instrumentations-node'

/** What is loaded beside Grantlog, before it or after it. */
const foreign: Readonly<
  Record<string, (isWriting: boolean) => Promise<Beside | { missing: string }>>
> = {
  'a tracer that patches': async () => ({
    flags: ['--require', join(harm, 'patching.cjs')],
    env: {},
  }),
  'auto-instrumentations': async (isWriting) => {
    const beside = { [tracer]: '0.82.0' }
    const installed = await install('tracing', beside, isWriting)
    if ('missing' in installed) return installed
    const off = ['TRACES', 'METRICS', 'LOGS'].map((kind) => [`OTEL_${kind}_EXPORTER`, 'none'])
    const env = { ...Object.fromEntries(off), TRACING: installed.folder, OTEL_LOG_LEVEL: 'none' }
    return { flags: importing('tracing.mjs'), env }
  },
}

interface Beside {
  readonly flags: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export interface HarmOptions {
  /** How often the work of a row is done to see what is kept of it. */
  readonly turns: number
  /** Also beside what is loaded last. */
  readonly isFull: boolean
  readonly isWriting: boolean
  /** Of what takes longest only one, by the library's place among all; null: all. */
  readonly place: number | null
}

/**
 * What is run for a library on a version of Node. Three of them change files while they are
 * loaded; where Node does that wrongly itself (as import-in-the-middle's supportsSyncHooks has it)
 * they are left out.
 */
export function harmsOf(node: string, options: HarmOptions): readonly Harm[] {
  const { turns, isFull, isWriting, place } = options
  const orders = isFull ? (['before', 'after'] as const) : (['before'] as const)
  const isOld = node.startsWith('22.15.')
  const slow = [
    memory(turns),
    ...(isOld ? [] : [frozen]),
    takenOut,
    ...Object.keys(foreign).flatMap((name) =>
      orders.map((order) => beside(name, order, isWriting)),
    ),
  ]
  return [
    ...(isOld ? [] : [throwing('before'), throwing('after')]),
    ...(place === null ? slow : [slow[place % slow.length]!]),
  ]
}

/** Each hook throws at once, or when it has done its work. */
function throwing(when: string): Harm {
  return {
    name: `hooks that throw ${when} they work`,
    check: async (library, task) => {
      const env = { FAULT: when }
      const without = await runProgram({ ...task, credentials: null })
      const { ran } = await runAudited({ ...task, env, before: importing('throwing.mjs') })
      const isHit = /^grantlog: HOOK_FAILED/m.test(ran.stderr)
      const changes = changesIn(without, ran, { notices: hookFailed, ...visibleOf(library) })
      return [...changes, ...(isHit ? [] : ['no hook was called'])]
    },
  }
}

/** The library's exports and prototypes cannot be changed. */
const frozen: Harm = {
  name: 'frozen exports',
  check: async (library, task) => {
    const env = { FROZEN: JSON.stringify(library.modules) }
    const own = { ...task, env, before: importing('freezing.mjs') }
    const without = await runProgram({ ...own, credentials: null })
    if (without.code !== 0) return { skipped: 'the library itself does not work frozen' }
    const { ran } = await runAudited(own)
    return changesIn(without, ran, { notices: hookFailed, ...visibleOf(library) })
  },
}

/** After `disable()` everything is as it was, and the application goes on. */
const takenOut: Harm = {
  name: 'disable()',
  check: async (library, task) => {
    // Node's own functions are not the same with `--import` and without.
    const own = { ...task, isTakenOut: true, before: importing('disabling.mjs'), instead: [] }
    const without = await runProgram({ ...own, credentials: null })
    const { ran, records } = await runAudited(own)
    const { version, way } = task
    const expected = library.records({ version, major: majorOf(version), way })
    return [...changesIn(without, ran), ...missingOf(records, expected)]
  },
}

/** Others patch the same libraries and the same parts of Node. */
function beside(name: string, order: 'before' | 'after', isWriting: boolean): Harm {
  return {
    name: `${name}, ${order === 'before' ? 'loaded first' : 'loaded last'}`,
    check: async (library, task) => {
      const found = await foreign[name]!(isWriting)
      if ('missing' in found) return { skipped: found.missing }
      const own = { ...task, env: found.env, [order]: found.flags }
      const without = await runProgram({ ...own, credentials: null })
      const { ran, records } = await runAudited(own)
      const { version, way } = task
      const expected = library.records({ version, major: majorOf(version), way })
      const missing = missingOf(records, expected)
      return [...changesIn(without, ran, visibleOf(library)), ...missing]
    },
  }
}

/** Bytes that a heap may grow by after it has been warm: more is something that is kept. */
const growthBytesMax = 6 << 20

/** The heap after many turns is that after a quarter of them. */
function memory(turns: number): Harm {
  return {
    name: `memory over ${turns} turns`,
    check: async ({ turn }, task) => {
      if (turn === undefined) return { skipped: 'the row has no turn' }
      const drain = await startDrain()
      const [logKey, receiptKey] = [noteKey('log').vkey, noteKey('log/receipt').vkey]
      const credentials = newProducer().write({ endpoint: drain.url, logKey, receiptKey })
      const env = { GRANTLOG_VIA_COLLECTOR: '1' }
      const ran = await runProgram({ ...task, turns, credentials, env, after: ['--expose-gc'] })
      drain.close()
      const [warm = 0, last = 0] = ran.heap
      if (ran.code !== 0 || warm === 0) return [`exit code ${ran.code}: ${ran.stderr}`]
      if (drain.bytes() === 0) return [`nothing was sent: ${ran.stderr}`]
      return last - warm > growthBytesMax ? [`the heap grew by ${last - warm} bytes`] : []
    },
  }
}

function visibleOf({ visible = {} }: Library): { visible: readonly string[] } {
  return { visible: Object.keys(visible) }
}
