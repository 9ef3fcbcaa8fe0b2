// The credentials file of a service that enrols itself. Processes that start at once have one key:
// whoever's file is there first. Synchronous: it is read and made before the service goes on.
import { randomUUID } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { nodeSyncFiles } from '@grantlog/journal'

/** Text of the file, or what `make` gives, which is durable then. Errors: the system's. */
export function readOrMake(path: string, make: () => string): string {
  const there = readIfThere(path)
  if (there !== null) return there
  const text = make()
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const isOurs = put(path, text, (temporary) => {
    try {
      // Unlike a rename it never takes another's place.
      linkSync(temporary, path)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      return false
    }
  })
  return isOurs ? text : readFileSync(path, 'utf8')
}

/**
 * Replaces the file whole, as long as it is the one that `isSame` knows: whoever took it away, or
 * put another in its place, wants that. Gives whether it did. Errors: the system's.
 */
export function replace(path: string, text: string, isSame: (there: string) => boolean): boolean {
  const there = readIfThere(path)
  if (there === null || !isSame(there)) return false
  return put(path, text, (temporary) => {
    renameSync(temporary, path)
    return true
  })
}

function put(path: string, text: string, place: (temporary: string) => boolean): boolean {
  const temporary = `${path}.${randomUUID()}`
  try {
    const file = openSync(temporary, 'wx', 0o600)
    try {
      writeFileSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    const isPlaced = place(temporary)
    nodeSyncFiles().syncDirectory(dirname(path))
    return isPlaced
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** Windows opens no folders; there the name is as durable as its file system makes it. */
function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return null
  }
}
