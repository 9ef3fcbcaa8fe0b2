import { readdir, stat, utimes } from 'node:fs/promises'
import { nodeFiles } from '@grantlog/journal'
import { isCode, type SpoolDisk } from '../spool/disk.ts'

/** The local disk; what is made there is for this user alone. */
export function nodeDisk(): SpoolDisk {
  const files = nodeFiles()
  return {
    ...files,
    makeDirectory: (directory) => files.makeDirectory(directory, 0o700),
    open: (path, mode) => files.open(path, mode, 0o600),
    folders: async (directory) => {
      try {
        const entries = await readdir(directory, { withFileTypes: true })
        return entries.filter((one) => one.isDirectory()).map(({ name }) => name)
      } catch (error) {
        if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return []
        throw error
      }
    },
    touch: (path) => utimes(path, new Date(), new Date()),
    touchedMs: async (path) => (await stat(path)).mtimeMs,
  }
}
