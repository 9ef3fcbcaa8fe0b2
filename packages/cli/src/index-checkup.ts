// What state the index is in, looked at without a change. See test/index.test.ts.
import { existsSync } from 'node:fs'
import type { Folders } from '@grantlog/ledger'
import { CHUNK_ROWS, openReading } from '@grantlog/query'
import type { Check } from './check.ts'
import { counted, grouped } from './progress.ts'

export interface IndexState {
  readonly folder: string
  readonly records: number
  readonly bytes: number
  /** Commits after the one of its newest record: the next search takes them in. */
  readonly behind: number
}

/** Errors: those of `openReading`. */
export async function readIndexState(folders: Folders, folder: string): Promise<IndexState> {
  const reading = await openReading({ folders, indexFolder: folder, readOnly: true })
  try {
    const { index, reader } = reading
    const next = index.last === null ? reader.journal.first : index.last.lastFrame + 1
    const behind = Math.max(0, reader.journal.next - next)
    return { folder, records: index.rows, bytes: index.rows === 0 ? 0 : index.bytes, behind }
  } finally {
    await reading.close()
  }
}

/** `12,345 records, 1.2 MB, 3 commits behind`. */
export function tellIndexState({ behind, bytes, records }: IndexState): string {
  const later = behind === 0 ? 'nothing behind' : `${counted(behind, 'commit')} behind`
  return `${counted(records, 'record')}, ${sizeOf(bytes)}, ${later}`
}

const nothingKept =
  `nothing is kept on disk yet: records are kept in chunks of ${grouped(CHUNK_ROWS)}, and what ` +
  'is left when a search or the console ends; a console that runs has them in memory'

export async function checkIndex(folders: Folders): Promise<Check[]> {
  const state = existsSync(folders.index) ? await readIndexState(folders, folders.index) : null
  const told = state?.records ? tellIndexState(state) : nothingKept
  return [{ code: 'INDEX', status: 'ok', what: `index: ${told}` }]
}

function sizeOf(bytes: number): string {
  const [unit, size] =
    (
      [
        ['GB', 1e9],
        ['MB', 1e6],
        ['kB', 1e3],
      ] as const
    ).find(([, of]) => bytes >= of) ?? (['bytes', 1] as const)
  return `${size === 1 ? bytes : (bytes / size).toFixed(1)} ${unit}`
}
