// Published examples: what a library shows in its README or its folder of examples, as an
// application of ours. It runs without Grantlog and with it, on the libraries of packages/sdk, and
// answers the same to the byte, but for secrets and what is random; no secret leaves.
import { join } from 'node:path'
import { changesIn, type Found, leaksIn, runAudited, type Task } from './cell.ts'
import { runProgram } from './process.ts'
import type { Example, Way } from './row.ts'

const folder = join(import.meta.dirname, '../../packages/sdk')

/** How the application loads it. */
export const ways: readonly Way[] = ['import', 'require']

/** Runs it without Grantlog and with it. */
export async function runExample(
  [file, { modules, visible = {} }]: readonly [string, Example],
  way: Way,
  servers: Task['servers'],
): Promise<Found> {
  // `version` is none of the matrix': the workspace has it.
  const task = { file, modules, way, servers, folder, version: 'node', node: process.execPath }
  const program = { ...task, kind: 'examples' } as const
  const without = await runProgram({ ...program, credentials: null })
  const { ran, records, faults, seen } = await runAudited(program)
  const left = new Map([...ran.left, ['the wire', seen], ['stderr', Buffer.from(ran.stderr)]])
  const own = records.filter(({ span }) => !span.name.startsWith('audit.stream.'))
  const failed = without.code === 0 ? [] : [`it ends with ${without.code}: ${without.stderr}`]
  return {
    missing: own.length === 0 ? ['all its records'] : faults.map((fault) => `fault: ${fault}`),
    leaks: leaksIn(ran.secrets, left),
    changed: [...failed, ...changesIn(without, ran, { visible: Object.keys(visible) })],
  }
}
