// Files of exports, for their owner alone, until they were fetched.
import { createReadStream } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { ExportFiles } from '../exports.ts'

/** What an earlier process left there is removed. */
export async function exportFiles(folder: string): Promise<ExportFiles> {
  const clear = (): Promise<void> => rm(folder, { recursive: true, force: true })
  await clear()
  return {
    clear,
    create: async (id) => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const path = join(folder, id)
      const file = await open(path, 'wx', 0o600)
      return {
        write: async (part) => void (await file.writeFile(part)),
        end: () => file.close(),
        read: () => Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>,
        remove: async () => {
          await file.close().catch(() => undefined)
          await rm(path, { force: true })
        },
      }
    },
  }
}
