// Files of exports, for their owner alone, until they were fetched.
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { ExportFiles } from '../exports.ts'

/** In a folder of this process; what processes left there that are gone is removed. */
export async function exportFiles(parent: string, pid: number): Promise<ExportFiles> {
  const folder = join(parent, String(pid))
  const clear = (): Promise<void> => rm(folder, { recursive: true, force: true })
  await clear()
  for (const name of await readdir(parent).catch(() => [])) {
    if (!isAlive(Number(name))) await rm(join(parent, name), { recursive: true, force: true })
  }
  return {
    clear,
    create: async (id) => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const path = join(folder, id)
      const file = await open(path, 'wx', 0o600)
      return {
        write: (part) => file.writeFile(part),
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

function isAlive(pid: number): boolean {
  try {
    return Number.isSafeInteger(pid) && process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
