import { createHash, randomUUID } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The last answer of a receiver, beside the spool. */
export interface KeptAnswer {
  /** Null: there is none that can be read. Never throws. */
  readonly load: () => string | null
  /** Replaces it whole; only its owner may read it. Rejects with what the system says. */
  readonly save: (jws: string) => Promise<void>
}

/** `<state>/told/<b64url sha256(origin, kid)>`; a longer file than `bytesMax` is none. */
export function keptAnswer(
  stateDir: string,
  { bytesMax, kid, origin }: { readonly bytesMax: number; kid: string; origin: string },
): KeptAnswer {
  const folder = join(stateDir, 'told')
  const name = createHash('sha256').update(`${origin}\n${kid}`).digest('base64url')
  const path = join(folder, name)
  return {
    load: () => {
      try {
        return statSync(path).size > bytesMax ? null : readFileSync(path, 'utf8')
      } catch {
        return null
      }
    },
    save: async (jws) => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const temporary = `${path}.${randomUUID()}`
      try {
        await writeFile(temporary, jws, { mode: 0o600, flag: 'wx' })
        await rename(temporary, path)
      } catch (error) {
        await rm(temporary, { force: true })
        throw error
      }
    },
  }
}
