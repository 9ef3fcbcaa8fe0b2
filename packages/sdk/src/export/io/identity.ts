import { readFileSync, readlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { threadId } from 'node:worker_threads'
import type { Identity } from '../spool/owner.ts'

/** This thread of this process. Reads `/proc`; on other systems than Linux most is not known. */
export function ownIdentity(): Identity {
  return {
    pid: process.pid,
    thread: threadId,
    started: orNothing(() => startedIn(readFileSync('/proc/self/stat', 'utf8'))),
    boot: orNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    namespace: orNothing(() => readlinkSync('/proc/self/ns/pid')),
  }
}

/** See Witness.startedOf. */
export async function startedOf(pid: number): Promise<string | null> {
  try {
    return startedIn(await readFile(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return null
  }
}

/** Field 22 of proc_pid_stat(5); the second one is in brackets and may contain anything. */
function startedIn(stat: string): string {
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // A zombie sends nothing any more.
  return state === 'Z' ? '' : (fields[18] ?? '')
}

function orNothing(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
