// What a process leaves behind, written while it ends: nothing asynchronous comes to its end then.
import { type KeyObject } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeJournalSync } from '@grantlog/journal'
import type { Outgoing } from '../outgoing.ts'
import { createSpoolCipher } from '../spool/cipher.ts'
import type { SpoolFolder } from '../spool/folder.ts'
import { ownerFile, ownerText, released } from '../spool/owner.ts'

export interface Leaving {
  /** The folder of all spool folders. */
  readonly root: string
  /** Of a new folder for `batches`. */
  readonly name: string
  readonly privateKey: KeyObject
  readonly kid: string
  /** What is in memory only. */
  readonly batches: readonly Outgoing[]
  /** Of the new folder; below one, nothing is written. */
  readonly bytesMax: number
  /** What is held: given free for others. */
  readonly folders: readonly SpoolFolder[]
  /** Nothing waits in our own folders: they go. */
  readonly isEmpty: boolean
}

/** The mode of files that only their owner may read. */
const mode = 0o600

/** Writes what is left; how many of the batches are on disk now. Never throws. */
export function leaveFolders(leaving: Leaving): number {
  const { root, name, kid, batches, folders, isEmpty } = leaving
  for (const folder of folders) {
    if (isEmpty && folder.isOwn) quietly(() => rmSync(folder.path, { recursive: true }))
    else quietly(() => release(folder.path, folder.generation + 1, folder.key))
  }
  const { bytesMax } = leaving
  if (batches.length === 0 || bytesMax <= 0) return 0
  const path = join(root, name)
  const cipher = createSpoolCipher(leaving.privateKey, name)
  quietly(() => mkdirSync(root, { recursive: true, mode: 0o700 }))
  const payloads = batches.map((batch, frame) => cipher.seal(batch, frame))
  const permissions = { folder: 0o700, file: mode }
  const { frames } = writeJournalSync({ directory: path, payloads, permissions, bytesMax })
  // Last: who finds it may read it at once.
  quietly(() => release(path, 0, kid))
  return frames
}

function release(path: string, generation: number, kid: string): void {
  const text = ownerText(released, kid)
  writeFileSync(join(path, ownerFile(generation)), text, { flag: 'wx', mode })
}

function quietly(work: () => void): void {
  try {
    work()
  } catch {
    // The disk does not let us: then it is found by its lease.
  }
}
