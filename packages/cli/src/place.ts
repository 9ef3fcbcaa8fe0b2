// Whether a folder can be made, asked before anything is. See place.test.ts.
import { mkdtemp, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CliError } from './errors.ts'

/**
 * Tries the nearest parent that there is, by a folder in it that goes again: modes do not say what
 * the superuser may do, and `mkdir` with `recursive` never ends below /proc. A folder that is there
 * is not tried. Errors: FOLDER_UNUSABLE.
 */
export async function requirePlace(folder: string): Promise<void> {
  const parent = await nearest(folder)
  try {
    if (parent !== folder) await rmdir(await mkdtemp(join(parent, '.grantlog-')))
  } catch (cause) {
    throw unusable(folder, cause)
  }
}

async function nearest(path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) return path
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    if (!missing || dirname(path) === path) throw unusable(path, cause)
    return nearest(dirname(path))
  }
  throw unusable(path, 'it is no folder')
}

function unusable(path: string, cause: unknown): CliError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new CliError('FOLDER_UNUSABLE', `${path}: ${why}`, { cause })
}
