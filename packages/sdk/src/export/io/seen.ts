import { createHash, randomUUID } from 'node:crypto'
import { readFileSync, renameSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** The file of one log's last seen checkpoint: `<state>/seen/<b64url sha256(origin)>`. */
export function seenFile(
  stateDir: string,
  origin: string,
): {
  readonly place: string
  readonly load: () => Uint8Array | null
  readonly save: (note: Uint8Array) => Promise<void>
  readonly setAside: () => string
} {
  const folder = join(stateDir, 'seen')
  const place = join(folder, createHash('sha256').update(origin).digest('base64url'))
  return {
    place,
    load: () => {
      try {
        return readFileSync(place)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw error
      }
    },
    setAside: () => {
      const aside = `${place}.aside-${randomUUID()}`
      renameSync(place, aside)
      return aside
    },
    save: async (note) => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const temporary = `${place}.${randomUUID()}`
      try {
        await writeDurably(temporary, note)
        await rename(temporary, place)
      } catch (error) {
        await rm(temporary, { force: true })
        throw error
      }
    },
  }
}

/**
 * Content before name: after a power cut there is the old note or the new one, never half of one.
 */
async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.datasync()
  } finally {
    await file.close()
  }
}
