// Linux tells each descriptor of a file of a failed sync, and writeAndSync has one of its own.
import type { OpenFile } from '../io/files.ts'
import type { SyncFile } from '../io/sync-files.ts'

/** Writes through `file`; a sync that failed in there fails once more where nobody heard of it. */
export function secondDescriptor(file: SyncFile): Pick<OpenFile, 'sync' | 'writeAndSync'> {
  let untold: Error | undefined
  return {
    async writeAndSync(parts, position) {
      file.write(parts, position)
      try {
        file.sync()
      } catch (error) {
        untold = error as Error
        throw error
      }
    },
    async sync() {
      const error = untold
      untold = undefined
      if (error !== undefined) throw error
      file.sync()
    },
  }
}
