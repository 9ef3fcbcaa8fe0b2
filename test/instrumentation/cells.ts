// Which cells there are, and which of them are run when nobody asks for all.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Example, type Library, majorOf, type Version, type Way } from './row.ts'

/** Oldest and newest of what `engines` allows, by major. 22.15 has another loader than the rest. */
export const nodes = ['22.15.0', '22.23.3', '24.21.0', '26.12.1']
const quickNodes = ['22.15.0', '24.21.0', '26.12.1']
const mainNode = '24.21.0'

export interface Cell {
  readonly file: string
  readonly library: Library
  readonly version: Version
  readonly way: Way
  readonly node: string
}

/** All rows, by the names of their files. */
export const readLibraries = (): Promise<Map<string, Library>> => readRows('libraries')

/** What libraries publish as examples, by the names of their files. */
export const readExamples = (): Promise<Map<string, Example>> => readRows('examples')

async function readRows<T>(kind: 'libraries' | 'examples'): Promise<Map<string, T>> {
  const folder = join(import.meta.dirname, kind)
  const names = (await readdir(folder)).filter((name) => name.endsWith('.mjs')).toSorted()
  const rows = names.map(async (name): Promise<[string, T]> => {
    const { library } = (await import(join(folder, name))) as { library: T }
    return [name.slice(0, -'.mjs'.length), library]
  })
  return new Map(await Promise.all(rows))
}

/**
 * All cells, or the quick ones: the newest version of each major, in each way on Node 24, and the
 * newest of all as it is imported on the other Nodes. They leave out the oldest versions and
 * Node 22's newest.
 */
export function cellsOf(rows: ReadonlyMap<string, Library>, isFull: boolean): Cell[] {
  return [...rows].flatMap(([file, library]) =>
    library.versions.flatMap((version) =>
      version.ways.flatMap((way) =>
        nodes
          .map((node): Cell => ({ file, library, version, way, node }))
          .filter((cell) => isFull || isQuick(cell)),
      ),
    ),
  )
}

function isQuick({ library: { versions }, version, way, node }: Cell): boolean {
  if (version !== newestOf(versions, version)) return false
  if (node === mainNode) return true
  return quickNodes.includes(node) && way === 'import' && version === versions.at(-1)
}

/**
 * Where the checks of harmless.ts are run: the newest version of each major in each way on Node 24
 * and, as it is imported, on the oldest Node; or, quickly, the newest of all as it is imported.
 */
export function harmedCellsOf(rows: ReadonlyMap<string, Library>, isFull: boolean): Cell[] {
  return cellsOf(rows, true).filter((cell) => {
    const { library, version, way, node } = cell
    if (!isFull) return isMainCell(cell)
    if (version !== newestOf(library.versions, version)) return false
    return node === mainNode || (node === nodes[0] && way === 'import')
  })
}

/** The one cell of a row that stands for all. */
export function isMainCell({ library: { versions }, version, way, node }: Cell): boolean {
  return node === mainNode && way === 'import' && version === versions.at(-1)
}

/** Versions stand in their order. */
function newestOf(versions: readonly Version[], { version }: Version): Version | undefined {
  return versions.findLast((one) => majorOf(one.version) === majorOf(version))
}
