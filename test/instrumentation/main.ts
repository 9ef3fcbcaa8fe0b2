// npm run test:instrumentation -- [--full] [--json] [--only NAME] [--node MAJOR] [--write]
//
// Libraries × versions × ways to load them × Node, each a real application in processes of its own,
// and what must not harm it. `--full`: all of them (cells.ts says what else is left out); `--only`:
// the rows of these files of libraries/; `--write`: makes lock files of new versions. Ends with the
// count of cells, or with `--json` with the numbers of what was found.
import { parseArgs } from 'node:util'
import { type Cell, cellsOf, readLibraries } from './cells.ts'
import { type Found, runCell } from './cell.ts'
import { type Installed, installLibrary, installNode } from './installed.ts'
import type { Servers } from './process.ts'
import { withServers } from './servers.ts'

/** Cells that run at a time: each is two processes that mostly wait for each other. */
const atATime = 2

/** Of each kind and cell: the first ones usually say it. */
const linesMax = 8

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    node: { type: 'string', multiple: true },
    only: { type: 'string', multiple: true },
    write: { type: 'boolean', default: false },
  },
})

type Outcome = Found | { readonly skipped: string }

const all = await readLibraries()
const rows = new Map([...all].filter(([file]) => values.only?.includes(file) ?? true))
const cells = cellsOf(rows, values.full).filter(
  ({ node }) => values.node?.includes(node.split('.')[0]!) ?? true,
)
const installs = new Map<string, Promise<Installed>>()
const count = { passed: 0, failed: 0, skipped: 0, missing: 0, leaks: 0, changed: 0 }
await withServers(async (servers) => {
  const waiting = cells.values()
  const worker = async (): Promise<void> => {
    for (const cell of waiting) tell(cell, await outcomeOf(cell, servers))
  }
  await Promise.all(Array.from({ length: atATime }, worker))
})
const { passed, failed, skipped, missing, leaks, changed } = count
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
const libraries = rows.size
if (values.json) {
  console.log(JSON.stringify({ libraries, cells: passed + failed, missing, leaks, changed }))
}
process.exitCode = failed === 0 ? 0 : 1

function installOnce(name: string, install: () => Promise<Installed>): Promise<Installed> {
  const found = installs.get(name) ?? install()
  installs.set(name, found)
  return found
}

async function outcomeOf(cell: Cell, servers: Servers): Promise<Outcome> {
  const { file, library, version, way } = cell
  const node = await installOnce(`node ${cell.node}`, () => installNode(cell.node))
  if ('missing' in node) return { skipped: node.missing }
  const installed = await installOnce(`${file} ${version.version}`, () =>
    installLibrary(library, version, values.write),
  )
  if ('missing' in installed) return { skipped: installed.missing }
  return runCell(library, {
    ...{ file, way, servers, modules: library.modules, version: version.version },
    ...{ folder: installed.folder, node: node.folder },
  })
}

function tell({ library, version, way, node }: Cell, outcome: Outcome): void {
  const name = `${library.name} ${version.version}, ${way}, Node ${node}`
  if ('skipped' in outcome) {
    count.skipped++
    console.error(`- ${name}: skipped: ${outcome.skipped}`)
    return
  }
  let lines = 0
  for (const kind of ['missing', 'leaks', 'changed'] as const) {
    count[kind] += outcome[kind].length
    lines += outcome[kind].length
    for (const line of outcome[kind].slice(0, linesMax)) console.error(`  ${kind}: ${line}`)
  }
  count[lines === 0 ? 'passed' : 'failed']++
  console.error(`${lines === 0 ? '✓' : '✗'} ${name}`)
}
