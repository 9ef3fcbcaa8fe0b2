// Checkpoints that were kept elsewhere: a producer's `seen` folder, or any files with notes.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeCheckpoint, decodeNote, MAX_NOTE_BYTES, TlogError } from '@grantlog/tlog'
import { CliError } from './errors.ts'

/**
 * The checkpoint notes of one log in files and, recursively, folders; signatures are the audit's
 * to check. Throws SEEN_EMPTY when there is none: then nothing would be compared.
 */
export async function readSeen(places: readonly string[], origin: string): Promise<Uint8Array[]> {
  const notes: Uint8Array[] = []
  for (const place of places) {
    for (const path of await filesIn(place)) {
      const bytes = await readFile(path)
      if (bytes.length <= MAX_NOTE_BYTES && originOf(bytes) === origin) notes.push(bytes)
    }
  }
  if (places.length > 0 && notes.length === 0) throw new CliError('SEEN_EMPTY', places.join(', '))
  return notes
}

async function filesIn(place: string): Promise<string[]> {
  if ((await stat(place)).isFile()) return [place]
  const entries = await readdir(place, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => join(parentPath, name))
}

function originOf(bytes: Uint8Array): string | null {
  try {
    return decodeCheckpoint(decodeNote(bytes).text).origin
  } catch (error) {
    if (error instanceof TlogError) return null
    throw error
  }
}
