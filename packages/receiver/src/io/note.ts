// Notes that a restart must find: small files, replaced whole.
import { open, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Files, nodeFiles } from '@grantlog/journal'

const localFiles = nodeFiles()

/** The text of a small file, undefined when there is none. */
export async function readText(
  path: string,
  files: Files = localFiles,
): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await files.read(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Replaces a small file whole and durably: written beside, synced, renamed, folder synced. */
export async function replaceText(
  path: string,
  text: string,
  files: Files = localFiles,
): Promise<void> {
  const beside = `${path}.tmp`
  const file = await files.open(beside, 'replace', 0o600)
  try {
    await file.write([new TextEncoder().encode(text)], 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await files.rename(beside, path)
  await files.syncDirectory(dirname(path))
}

/** The text of a file that another process may have left; undefined where that cannot be had. */
export async function readLeft(path: string, bytesMax: number): Promise<string | undefined> {
  try {
    await using file = await open(path)
    const bytes = new Uint8Array(bytesMax + 1)
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
    return bytesRead > bytesMax ? undefined : new TextDecoder().decode(bytes.subarray(0, bytesRead))
  } catch {
    return undefined
  }
}

/** Takes such a file away. One that cannot be stays. */
export async function dropLeft(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch {
    // Gone already, or its folder is not ours.
  }
}
