// npm run test:instrumentation -- [--full] [--json] [--only NAME] [--node MAJOR] [--turns N]
//                                 [--cells] [--write]
//
// Libraries × versions × ways to load them × Node, each a real application in processes of its own,
// and what must not harm it. `--full`: all of them (cells.ts says what else is left out); `--only`:
// these files of libraries/ and examples/, with all that must not harm them; `--cells`: without
// what must not harm them; `--turns`: for the checks on memory, by default 20,000, and with
// `--full` a million, once for each row; `--write`: makes lock files of new versions. Ends with the
// count of cells and checks, or with `--json` with the numbers of what was found.
import { parseArgs } from 'node:util'
import {
  type Cell,
  cellsOf,
  harmedCellsOf,
  isMainCell,
  readExamples,
  readLibraries,
} from './cells.ts'
import { type Found, runCell, type Task } from './cell.ts'
import { type HarmOptions, harmsOf } from './harmless.ts'
import { type Installed, installLibrary, installNode } from './installed.ts'
import type { Servers } from './process.ts'
import { runExample, ways } from './published.ts'
import type { Library } from './row.ts'
import { withServers } from './servers.ts'

/** Cells that run at a time: each is two processes that mostly wait for each other. */
const atATime = 2

const [turnsOfQuick, turnsOfAll] = [20_000, 1_000_000]
/** Of each kind and cell: the first ones usually say it. */
const linesMax = 8

const { values } = parseArgs({
  options: {
    cells: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    node: { type: 'string', multiple: true },
    only: { type: 'string', multiple: true },
    turns: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})

type Outcome = Found | { readonly skipped: string }
/** Work whose outcome is told under its name. */
type Job = readonly [name: string, run: (servers: Servers) => Promise<Outcome>]

const all = await readLibraries()
const strange = values.only?.find((file) => !all.has(file))
if (strange !== undefined) throw new Error(`--only ${strange}: ${[...all.keys()].join(', ')}`)
const rows = new Map([...all].filter(([file]) => values.only?.includes(file) ?? true))
const isWanted = ({ node }: Cell): boolean => values.node?.includes(node.split('.')[0]!) ?? true
const cells = cellsOf(rows, values.full).filter(isWanted)
const harmed = values.cells ? [] : harmedCellsOf(rows, values.full).filter(isWanted)
const examples = [...(await readExamples())].filter(([file]) => values.only?.includes(file) ?? true)
const jobs: readonly Job[] = [
  ...examples.flatMap((example) =>
    ways.map((way): Job => [
      `${example[1].name}, its published example, ${way}`,
      (servers) => runExample(example, way, servers),
    ]),
  ),
  ...cells.map((cell): Job => [nameOf(cell), (servers) => onCell(cell, servers, runCell)]),
  ...harmed.flatMap((cell) =>
    harmsOf(cell.node, optionsOf(cell)).map(({ name, check }): Job => [
      `${nameOf(cell)}: ${name}`,
      (servers) =>
        onCell(cell, servers, async (library, task) => harmIn(await check(library, task))),
    ]),
  ),
]
const installs = new Map<string, Promise<Installed>>()
const count = { passed: 0, failed: 0, skipped: 0, missing: 0, leaks: 0, changed: 0 }
await withServers(async (servers) => {
  const waiting = jobs.values()
  const worker = async (): Promise<void> => {
    for (const [name, run] of waiting) tell(name, await run(servers))
  }
  await Promise.all(Array.from({ length: atATime }, worker))
})
const { passed, failed, skipped, missing, leaks, changed } = count
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
const libraries = rows.size
if (values.json) {
  console.log(JSON.stringify({ libraries, cells: cells.length, missing, leaks, changed }))
}
process.exitCode = failed === 0 ? 0 : 1

function optionsOf(cell: Cell): HarmOptions {
  const { full: isFull, only, turns, write: isWriting } = values
  const most = isFull && isMainCell(cell) ? turnsOfAll : turnsOfQuick
  const place = isFull || only !== undefined ? null : [...all.keys()].indexOf(cell.file)
  return { turns: turns === undefined ? most : Number(turns), isFull, isWriting, place }
}

function installOnce(name: string, install: () => Promise<Installed>): Promise<Installed> {
  const found = installs.get(name) ?? install()
  installs.set(name, found)
  return found
}

function nameOf({ library, version: { version }, way, node }: Cell): string {
  return `${library.title ?? library.name} ${version}, ${way}, Node ${node}`
}

/** Installs what a cell needs, and runs it. */
async function onCell(
  { file, library, version, way, node }: Cell,
  servers: Servers,
  run: (library: Library, task: Task) => Promise<Outcome>,
): Promise<Outcome> {
  const program = await installOnce(`node ${node}`, () => installNode(node))
  if ('missing' in program) return { skipped: program.missing }
  const installed = await installOnce(`${file} ${version.version}`, () =>
    installLibrary(library, version, values.write),
  )
  if ('missing' in installed) return { skipped: installed.missing }
  const modules = library.modules.filter((module) => version.lacks?.includes(module) !== true)
  return run(library, {
    ...{ file, way, servers, modules, version: version.version },
    ...{ folder: installed.folder, node: program.folder },
  })
}

/** Harm is a change that nobody wants. */
function harmIn(lines: readonly string[] | { skipped: string }): Outcome {
  return 'skipped' in lines ? lines : { missing: [], leaks: [], changed: lines }
}

function tell(name: string, outcome: Outcome): void {
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
