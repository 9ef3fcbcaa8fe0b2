// What somebody with root on the receiver's machine can do to a ledger's files, keys included.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openJournal } from '@grantlog/journal'
import { commitFolder, type Folders, foldersUnder } from '../folders.ts'

/** A copy of a data folder, to be harmed. */
export async function copyOf(data: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'grantlog-tampered-'))
  await cp(data, copy, { recursive: true })
  return copy
}

/** Rewrites the commit journal with other payloads; checksums and numbers are right again. */
export async function rewriteCommits(
  data: string,
  change: (payloads: Uint8Array[]) => Uint8Array[] | Promise<Uint8Array[]>,
): Promise<void> {
  const directory = commitFolder(foldersUnder(data))
  const old = await openJournal({ directory, readOnly: true })
  const payloads: Uint8Array[] = []
  for await (const { payload } of old.read(0)) payloads.push(Uint8Array.from(payload))
  await old.close()
  const changed = await change(payloads)
  await rm(directory, { recursive: true })
  const journal = await openJournal({ directory })
  for (const payload of changed) await journal.append(payload)
  await journal.close()
}

/** Changes a file of the ledger folder, by the start of its name: partial tiles have a width. */
export async function changeFile(
  data: string,
  path: string,
  change: (bytes: Uint8Array) => Uint8Array,
): Promise<void> {
  const file = await findFile(foldersUnder(data), path)
  await writeFile(file, change(Uint8Array.from(await readFile(file))))
}

export function flip(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at < 0 ? copy.length + at : at]! ^= 0x01
  return copy
}

/** The file at this path of the ledger folder, or its widest partial form. */
export async function findFile(folders: Folders, path: string): Promise<string> {
  const full = join(folders.ledger, path)
  try {
    const widths = (await readdir(`${full}.p`)).map(Number)
    return join(`${full}.p`, String(Math.max(...widths)))
  } catch {
    return full
  }
}
