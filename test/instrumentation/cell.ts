// One cell: an application on one version of a library, loaded in one way, on one Node. It runs
// without Grantlog and with it; what it answered is compared, its records are compared with those
// that its row expects, and everything that left it is searched for its secrets.
import { newProducer } from '../../packages/sdk/test/fixtures/credentials.ts'
import { startSink } from '../../packages/sdk/test/fixtures/sink.ts'
import { leaksOf } from '../flow/leaks.ts'
import { startProxy } from '../flow/tap.ts'
import { type Program, type Ran, runProgram } from './process.ts'
import { missingOf } from './records.ts'
import { type Library, majorOf } from './row.ts'

export type Task = Omit<Program, 'credentials'>

/** What was found; a line each. */
export interface Found {
  readonly missing: readonly string[]
  readonly leaks: readonly string[]
  readonly changed: readonly string[]
}

/** Runs all of a cell. */
export async function runCell(library: Library, task: Task): Promise<Found> {
  const without = await runProgram({ ...task, credentials: null })
  const { ran, records, faults, seen } = await runAudited(task)
  const about = { version: task.version, major: majorOf(task.version), way: task.way }
  const missing = missingOf(records, library.records(about))
  const visible = Object.keys(library.visible ?? {})
  const left = new Map([...ran.left, ['the wire', seen], ['stderr', Buffer.from(ran.stderr)]])
  return {
    missing: [...missing, ...faults.map((fault) => `fault: ${fault}`)],
    leaks: leaksIn(ran.secrets, left),
    changed: [...changesIn(without, ran, { visible }), ...wayOf(without, task)],
  }
}

/** Which secret is where: by its number, for it is one. */
export function leaksIn(secrets: ReadonlySet<string>, left: Map<string, Buffer>): string[] {
  return [...secrets].flatMap((secret, i) =>
    leaksOf([secret], left).map((leak) => `secret ${i}${leak.slice(secret.length)}`),
  )
}

/** A process with Grantlog, and what came of it at a receiver. */
export async function runAudited(task: Task) {
  const producer = newProducer()
  const sink = await startSink(producer)
  const tap = await startProxy(sink.endpoint)
  const credentials = producer.write({ ...sink, endpoint: tap.url })
  try {
    const ran = await runProgram({ ...task, credentials })
    const { faults } = sink
    return { ran, records: sink.records(), faults, seen: Buffer.concat(tap.seen) }
  } finally {
    await tap.close()
    await sink.close()
  }
}

/** What may be otherwise with Grantlog. */
export interface Allowed {
  /** Lines on stderr. */
  readonly notices?: RegExp
  /** Members that are there now. */
  readonly visible?: readonly string[]
}

/** What the application, its clients or its operator see otherwise than without Grantlog. */
export function changesIn(without: Ran, ran: Ran, allowed: Allowed = {}): string[] {
  const { notices = /(?!)/, visible = [] } = allowed
  const told = ran.stderr.split('\n').filter((line) => !notices.test(line))
  const changes = [
    [`exit code ${without.code}`, `exit code ${ran.code}`],
    [without.stdout, ran.stdout],
    [without.stderr, told.join('\n')],
    ...longest(without.answers, ran.answers),
  ]
  const seen = changes.flatMap(([was, is]) => (was === is ? [] : [differenceOf(was!, is!)]))
  const isVisible = (line: string): boolean =>
    visible.some((member) => line.startsWith(`${member}:`) || line.startsWith(`${member}.`))
  const shapes = [without, ran].map(({ shape }) => shape.filter((line) => !isVisible(line)))
  return [...seen, ...shapesIn(shapes[0]!, shapes[1]!)]
}

/** Members that came, went, or became another kind of thing. */
export function shapesIn(was: readonly string[], is: readonly string[]): string[] {
  const [before, after] = [new Set(was), new Set(is)]
  const gone = was.filter((line) => !after.has(line)).map((line) => `gone: ${line}`)
  return [...gone, ...is.filter((line) => !before.has(line)).map((line) => `new: ${line}`)]
}

function longest(was: readonly string[], is: readonly string[]): [string, string][] {
  const length = Math.max(was.length, is.length)
  return Array.from({ length }, (_, i) => [was[i] ?? 'nothing', is[i] ?? 'nothing'])
}

/** Around the first place where they differ. */
function differenceOf(was: string, is: string): string {
  const at = [...was].findIndex((letter, i) => letter !== is[i])
  const from = Math.max(0, (at < 0 ? was.length : at) - 80)
  return `${was.slice(0, 40)}: …${was.slice(from, from + 200)} → …${is.slice(from, from + 200)}`
}

/** A row that says `require` of what is an ES module, or the other way round, is wrong. */
function wayOf({ isNamespace }: Ran, { way, version }: Task): string[] {
  if (way === 'import' || version === 'node') return []
  const real = isNamespace ? 'require(esm)' : 'require'
  return real === way ? [] : [`it is loaded by ${real}, not by ${way}`]
}
