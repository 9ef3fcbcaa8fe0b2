// Validations and findings on their way into the ledger. Whoever compares (FORMAT.md 3.6) or looks
// for what is wrong (3.8) is another process than the one that writes: it leaves a file in
// `queue/validation` or `queue/finding`, and the writer picks it up. See handover.test.ts.
//
// A file is there whole or not (writeDurable), and it says how far the log had come when it was
// made. So the writer knows where to look whether it was committed before a crash: each is
// sealed once. `<id>.json` is JCS {"content": string, "format", "frame": number}, mode 0600.
import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { jcsBytes, utf8 } from '@grantlog/record'
import { LedgerError } from '../codes.ts'
import type { Folders } from '../folders.ts'
import { decodeFindingOf, type FindingContent } from '../format/finding.ts'
import { readMembers } from '../format/members.ts'
import { decodeValidation, type Validation } from '../format/validation.ts'
import type { Ledger } from '../ledger.ts'
import { handedOverAtOnceMax, handoverBytesMax } from '../limits.ts'
import { makeFolder, namesIn, writeDurable } from './durable.ts'
import { SealedBefore } from './sealed-before.ts'

/** What may be handed over, by the type of its leaf. */
export interface HandoverContents {
  readonly finding: FindingContent
  readonly validation: Validation
}

export type HandoverType = keyof HandoverContents

/** Something to be sealed. */
export interface HandedOver {
  readonly type: HandoverType
  /** A UUID in lower-case hex. */
  readonly id: string
  /** Number of a commit frame: it has no leaf before that one. */
  readonly frame: number
  /** See encodeValidation, encodeFinding. */
  readonly content: Uint8Array
}

/** What has its leaf. */
export interface Sealed<Type extends HandoverType> {
  readonly id: string
  readonly index: number
  readonly content: HandoverContents[Type]
}

export interface Handover<Type extends HandoverType> {
  readonly sealed: readonly Sealed<Type>[]
  /** Files that were put aside as `<name>.refused`, and why. */
  readonly refused: readonly { readonly name: string; readonly why: string }[]
}

const readers: {
  readonly [Type in HandoverType]: (id: string, content: Uint8Array) => HandoverContents[Type]
} = {
  finding: decodeFindingOf,
  validation: (_id, content) => decodeValidation(content),
}
const formatOf = (type: HandoverType): string => `grantlog-${type}-v1`
const nameForm = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json$/

/** Where those of a type wait. */
export const handoverFolder = ({ queue }: Folders, type: HandoverType): string => join(queue, type)

/**
 * Leaves a validation or a finding for the process that writes the ledger; durable when it
 * resolves. Throws LEDGER_FORMAT.
 */
export async function handOver(
  folders: Folders,
  { content, frame, id, type }: HandedOver,
): Promise<void> {
  readers[type](id, content)
  const folder = handoverFolder(folders, type)
  await makeFolder(folder, 0o700)
  const format = formatOf(type)
  const text = new TextDecoder().decode(content)
  await writeDurable(join(folder, `${id}.json`), jcsBytes({ content: text, format, frame }), {
    mode: 0o600,
  })
}

/** How many of a type wait to be sealed. */
export async function waitingHandovers(folders: Folders, type: HandoverType): Promise<number> {
  return (await namesIn(handoverFolder(folders, type))).filter((name) => nameForm.test(name)).length
}

/** That nothing waits, at once and from memory. False: perhaps something does. */
export function isNothingHandedOver(
  folders: Folders,
  type: HandoverType,
  before: SealedBefore,
): boolean {
  const names = before.namesIn(handoverFolder(folders, type)).still()
  return names?.every((name) => !nameForm.test(name)) ?? false
}

/**
 * Seals what was handed over of a type, each once, a bounded number at a time. What is not of the
 * form, or not from the folder's owner alone, is put aside. `before`: what the last calls sealed;
 * who calls once needs none. Errors: those of the ledger's commit; then the file stays for the
 * next time.
 */
export async function sealHandedOver<Type extends HandoverType>(
  ledger: Pick<Ledger, 'commitContent' | 'leaves' | 'nextFrame'>,
  folders: Folders,
  type: Type,
  before: SealedBefore = new SealedBefore(ledger),
): Promise<Handover<Type>> {
  const folder = handoverFolder(folders, type)
  const all = await before.namesIn(folder).read()
  const names = all.filter((name) => nameForm.test(name)).toSorted()
  const handed: (HandedOver & { readonly read: HandoverContents[Type] })[] = []
  const refused: { name: string; why: string }[] = []
  for (const name of names.slice(0, handedOverAtOnceMax)) {
    try {
      const one = await readHanded(folder, name, { type, next: ledger.nextFrame })
      handed.push({ ...one, read: readers[type](one.id, one.content) })
    } catch (error) {
      const why = refusalIn(error)
      if (why === null) throw error
      refused.push({ name, why })
    }
  }
  const known = await before.find(handed)
  const sealed: Sealed<Type>[] = []
  for (const { content, id, read } of handed) {
    const index = known.get(id) ?? (await ledger.commitContent({ type, id, content }))
    before.add(id, index)
    await rm(join(folder, `${id}.json`), { force: true })
    sealed.push({ id, index, content: read })
  }
  // Last: what a commit that failed leaves untold is told the next time.
  for (const { name } of refused) await rename(join(folder, name), join(folder, `${name}.refused`))
  return { sealed, refused }
}

/** Why a file is put aside; null for what is none of its fault. */
function refusalIn(error: unknown): string | null {
  const { code, message } = error as NodeJS.ErrnoException
  if (error instanceof LedgerError) return error.code === 'LEDGER_FORMAT' ? message : null
  return code === 'EACCES' || code === 'ELOOP' || code === 'EISDIR' ? code : null
}

async function readHanded(
  folder: string,
  name: string,
  { next, type }: { readonly type: HandoverType; readonly next: number },
): Promise<HandedOver> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(join(folder, name), flags)
  try {
    const content = await readOwn(file, folder)
    const { text, frame } = decodeHanded(content, formatOf(type))
    if (frame > next) throw malformed('it is of another ledger')
    return { type, id: nameForm.exec(name)![1]!, frame, content: utf8(text) }
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

function decodeHanded(
  bytes: Uint8Array,
  format: string,
): { readonly text: string; readonly frame: number } {
  const json = readMembers(bytes)
  if (json === null) throw malformed('not canonical JSON')
  if (Object.keys(json).join() !== 'content,format,frame') {
    throw malformed('members')
  }
  const { content, frame } = json
  if (json.format !== format || typeof content !== 'string') throw malformed('format')
  if (typeof frame !== 'number' || !Number.isSafeInteger(frame) || frame < 0) {
    throw malformed('frame')
  }
  return { text: content, frame }
}

function malformed(what: string): LedgerError {
  return new LedgerError('LEDGER_FORMAT', what)
}
