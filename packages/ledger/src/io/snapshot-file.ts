// The file of a snapshot of the streams, replaced whole. It may be lost at any time.
import { dirname } from 'node:path'
import type { Files } from '@grantlog/journal'
import { localFiles, makeFolder, readIfThere, writeDurable } from './durable.ts'

export interface SnapshotFile {
  /** Null when there is none, or it cannot be read. */
  read(): Promise<Uint8Array | null>
  write(parts: Iterable<Uint8Array>): Promise<void>
}

/** `files`: default the local disk. */
export function snapshotFile(path: string, files: Files = localFiles): SnapshotFile {
  return {
    read: () => readIfThere(path, files).catch(() => null),
    async write(parts) {
      await makeFolder(dirname(path), undefined, files)
      await writeDurable(path, parts, { mode: 0o600, files })
    },
  }
}
