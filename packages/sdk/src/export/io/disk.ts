import { mkdir, open, readdir, rm, stat, utimes } from 'node:fs/promises'
import { nodeFiles } from '@grantlog/journal'
import { isCode, type SpoolDisk } from '../spool/disk.ts'

/** The local disk; what is made there is for this user alone (0700, 0600). */
export function nodeDisk(): SpoolDisk {
  const files = nodeFiles()
  return {
    ...files,
    makeDirectory: async (directory) => {
      await mkdir(directory, { recursive: true, mode: 0o700 })
    },
    open: async (path, mode) => {
      if (mode !== 'create' && mode !== 'replace') return files.open(path, mode)
      const made = await open(path, mode === 'create' ? 'wx' : 'w', 0o600)
      await made.close()
      return files.open(path, 'update')
    },
    folders: async (directory) => {
      try {
        const entries = await readdir(directory, { withFileTypes: true })
        return entries.filter((one) => one.isDirectory()).map(({ name }) => name)
      } catch (error) {
        if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return []
        throw error
      }
    },
    removeFolder: (directory) => rm(directory, { recursive: true, force: true }),
    touch: (path) => utimes(path, new Date(), new Date()),
    touchedMs: async (path) => (await stat(path)).mtimeMs,
  }
}
