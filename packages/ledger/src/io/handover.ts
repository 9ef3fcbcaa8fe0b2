// Validations on their way into the ledger. Whoever compares (FORMAT.md 3.6) is another process
// than the one that writes: it leaves a file in `queue/validation`, and the writer picks it up.
// See handover.test.ts.
//
// A file is there whole or not (writeDurable), and it says how far the log had come when it was
// made. So the writer knows where to look whether it was committed before a crash: each is
// sealed once. `<id>.json` is JCS {"content": string, "format", "frame": number}, mode 0600.
import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isObject, jcsBytes, type JsonValue, readJcs, RecordError, utf8 } from '@grantlog/record'
import { LedgerError } from '../codes.ts'
import type { Folders } from '../folders.ts'
import { decodeValidation, type Validation } from '../format/validation.ts'
import type { Ledger } from '../ledger.ts'
import { handedOverAtOnceMax, handoverBytesMax } from '../limits.ts'
import { makeFolder, namesIn, writeDurable } from './durable.ts'

/** A validation to be sealed. */
export interface HandedOver {
  /** A UUID in lower-case hex. */
  readonly id: string
  /** Number of the commit frame that was to come next when it was made. */
  readonly frame: number
  /** See encodeValidation. */
  readonly content: Uint8Array
}

/** A validation that has its leaf. */
export interface Sealed {
  readonly id: string
  readonly index: number
  readonly validation: Validation
}

export interface Handover {
  readonly sealed: readonly Sealed[]
  /** Files that were put aside as `<name>.refused`, and why. */
  readonly refused: readonly { readonly name: string; readonly why: string }[]
}

const format = 'grantlog-validation-v1'
const nameForm = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json$/

const folderOf = ({ queue }: Folders): string => join(queue, 'validation')

/** Leaves a validation for the process that writes the ledger; durable when it resolves. */
export async function handOver(
  folders: Folders,
  { content, frame, id }: HandedOver,
): Promise<void> {
  decodeValidation(content)
  const folder = folderOf(folders)
  await makeFolder(folder, 0o700)
  const text = new TextDecoder().decode(content)
  await writeDurable(join(folder, `${id}.json`), jcsBytes({ content: text, format, frame }), {
    mode: 0o600,
  })
}

/**
 * Seals what was handed over, each once, a bounded number at a time. What is not of the form, or
 * not from the folder's owner alone, is put aside. Errors: those of the ledger's commit; then the
 * file stays for the next time.
 */
export async function sealHandedOver(
  ledger: Pick<Ledger, 'commitContent' | 'frames' | 'nextFrame'>,
  folders: Folders,
): Promise<Handover> {
  const folder = folderOf(folders)
  const names = (await namesIn(folder)).filter((name) => nameForm.test(name)).toSorted()
  const sealed: Sealed[] = []
  const refused: { name: string; why: string }[] = []
  for (const name of names.slice(0, handedOverAtOnceMax)) {
    const path = join(folder, name)
    try {
      const handed = await readHanded(folder, name, ledger.nextFrame)
      const { content, id } = handed
      const before = await findSealed(ledger, handed)
      const index = before ?? (await ledger.commitContent({ type: 'validation', id, content }))
      await rm(path, { force: true })
      sealed.push({ id, index, validation: decodeValidation(content) })
    } catch (error) {
      const why = refusalIn(error)
      if (why === null) throw error
      await rename(path, `${path}.refused`)
      refused.push({ name, why })
    }
  }
  return { sealed, refused }
}

/** Why a file is put aside; null for what is none of its fault. */
function refusalIn(error: unknown): string | null {
  const { code, message } = error as NodeJS.ErrnoException
  if (error instanceof LedgerError) return error.code === 'LEDGER_FORMAT' ? message : null
  return code === 'EACCES' || code === 'ELOOP' || code === 'EISDIR' ? code : null
}

async function readHanded(folder: string, name: string, next: number): Promise<HandedOver> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(join(folder, name), flags)
  try {
    const content = await readOwn(file, folder)
    const { text, frame } = decodeHanded(content)
    if (frame > next) throw malformed('it is of another ledger')
    decodeValidation(utf8(text))
    return { id: nameForm.exec(name)![1]!, frame, content: utf8(text) }
  } finally {
    await file.close()
  }
}

async function readOwn(file: FileHandle, folder: string): Promise<Uint8Array> {
  const stats = await file.stat()
  const { mode, size, uid } = stats
  const owner = (await stat(folder)).uid
  if (!stats.isFile()) throw malformed('it is no file')
  if ((mode & 0o077) !== 0 || uid !== owner) throw malformed("it is not the folder owner's alone")
  if (size > handoverBytesMax) throw malformed(`more than ${handoverBytesMax} bytes`)
  return file.readFile()
}

function decodeHanded(bytes: Uint8Array): { readonly text: string; readonly frame: number } {
  let json: JsonValue
  try {
    json = readJcs(bytes, 'RECORD_MALFORMED', 'handed over')
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
    throw malformed('not canonical JSON')
  }
  if (!isObject(json) || Object.keys(json).join() !== 'content,format,frame') {
    throw malformed('members')
  }
  const { content, frame } = json
  if (json.format !== format || typeof content !== 'string') throw malformed('format')
  if (typeof frame !== 'number' || !Number.isSafeInteger(frame) || frame < 0) {
    throw malformed('frame')
  }
  return { text: content, frame }
}

/** Its leaf, if a crash came after the commit. */
async function findSealed(
  ledger: Pick<Ledger, 'frames'>,
  { frame, id }: HandedOver,
): Promise<number | null> {
  for await (const { entries } of ledger.frames(frame)) {
    const found = entries.find(({ leaf }) => leaf.type === 'validation' && leaf.id === id)
    if (found !== undefined) return found.index
  }
  return null
}

function malformed(what: string): LedgerError {
  return new LedgerError('LEDGER_FORMAT', what)
}
