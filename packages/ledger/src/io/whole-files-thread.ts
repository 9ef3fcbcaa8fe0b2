// The thread of whole-files.ts: writes what it is given, and says what went wrong. First the bytes
// of many files, then their syncs: the first of these makes a file system write its journal for
// all of them.
import { closeSync, fdatasyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { syncedAtOnceMax } from '../limits.ts'
import type { GivenFile, ThreadSaid } from './whole-files.ts'

parentPort!.on('message', (all: readonly GivenFile[]) => parentPort!.postMessage(writeAll(all)))

function writeAll(all: readonly GivenFile[]): ThreadSaid {
  for (let at = 0; at < all.length; at += syncedAtOnceMax) {
    const said = writeSome(all.slice(at, at + syncedAtOnceMax))
    if (said !== null) return said
  }
  return null
}

/** A file by its temporary name is only renamed once it is synced. */
function writeSome(all: readonly GivenFile[]): ThreadSaid {
  const open: number[] = []
  let path = ''
  try {
    for (const file of all) {
      path = file.path
      const descriptor = openSync(temporary(path), 'w+', 0o644)
      open.push(descriptor)
      write(descriptor, file.bytes)
      // All that the thread has is memory that it is given: it would wait long for a collector.
      file.bytes.buffer.transfer(0)
    }
    for (const file of all) {
      path = file.path
      fdatasyncSync(open[0]!)
      closeSync(open.shift()!)
    }
    for (const file of all) {
      path = file.path
      renameSync(temporary(path), path)
    }
    return null
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    for (const descriptor of open) ifItCan(() => closeSync(descriptor))
    // What was written of them takes space that the next try needs.
    for (const file of all) ifItCan(() => rmSync(temporary(file.path), { force: true }))
    return { path, code, message }
  }
}

/** What fails after a failure hides it from nobody: a disk may take nothing more. */
function ifItCan(work: () => void): void {
  try {
    work()
  } catch {
    return
  }
}

const temporary = (path: string): string => `${path}.tmp`

/** The system may write less than asked, for one when the disk fills; the rest then follows. */
function write(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) {
    const count = writeSync(descriptor, bytes, done, bytes.length - done, done)
    if (count === 0) throw new RangeError('the system wrote nothing')
    done += count
  }
}
