// The folder that `prove` writes: whole or not there, and never over somebody's files. See
// test/prove.test.ts.
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { makeFolder } from '@grantlog/ledger'
import { CliError } from './errors.ts'
import { requirePlace } from './place.ts'

export interface ProofPlace {
  /** Absolute. */
  readonly out: string
  /** Write over the files of a proof in a folder that is not empty. */
  readonly force: boolean
  /** Personal data is inside: the folder gets 0700, its files 0600. */
  readonly isPrivate: boolean
}

/** Refuses what the proof must not be written into. Errors: OUT_EXISTS, FOLDER_UNUSABLE. */
export async function requireFree({ out, force }: ProofPlace): Promise<void> {
  const inside = await namesIn(out)
  if (inside === 'no folder') throw new CliError('OUT_EXISTS', out, { fix: 'Give a folder.' })
  if (inside !== null && inside.length > 0 && !force) throw new CliError('OUT_EXISTS', out)
  await requirePlace(out)
}

/** Makes the temporary folder beside the place, where the rename is one of the same disk. */
export async function stageProof({ out, isPrivate }: ProofPlace): Promise<string> {
  await makeFolder(dirname(out))
  const staged = join(dirname(out), `.${basename(out)}-${randomUUID().slice(0, 8)}.tmp`)
  await mkdir(staged, { mode: isPrivate ? 0o700 : 0o755 })
  return staged
}

/**
 * Moves the staged folder to its place. A folder that is there already is kept, because somebody
 * may stand in it, and gets the files one by one. It becomes private unless other files are in it.
 */
export async function publishProof(staged: string, place: ProofPlace): Promise<void> {
  const { isPrivate, out } = place
  const before = await namesIn(out)
  if (before === null) {
    await rename(staged, out)
    return
  }
  await requireFree(place)
  if (isPrivate && before.length === 0) await chmod(out, 0o700)
  for (const name of await readdir(staged)) await rename(join(staged, name), join(out, name))
  await rm(staged, { recursive: true })
}

/** Takes away what was staged. */
export async function discardProof(staged: string): Promise<void> {
  await rm(staged, { recursive: true, force: true })
}

async function namesIn(path: string): Promise<readonly string[] | 'no folder' | null> {
  try {
    return await readdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    if (code === 'ENOTDIR') return 'no folder'
    throw error
  }
}
