// The file of a snapshot of the streams, replaced whole. It may be lost at any time.
import { dirname } from 'node:path'
import { makeFolder, readIfThere, writeDurable } from './durable.ts'

export interface SnapshotFile {
  /** Null when there is none, or it cannot be read. */
  read(): Promise<Uint8Array | null>
  write(bytes: Uint8Array): Promise<void>
}

export function snapshotFile(path: string): SnapshotFile {
  return {
    read: () => readIfThere(path).catch(() => null),
    async write(bytes) {
      await makeFolder(dirname(path))
      await writeDurable(path, bytes, { mode: 0o600 })
    },
  }
}
