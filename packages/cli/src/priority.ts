// Commands that read the ledger through give way to whoever else needs the processor: a receiver on
// the same machine has senders that wait for its acknowledgements. See test/priority.test.ts, and
// `npm run bench -- ack` for what it brings.
import { readdirSync } from 'node:fs'
import { constants, setPriority } from 'node:os'

const readers: ReadonlySet<string> = new Set(['forward', 'lineage', 'reconcile', 'search', 'verify'])

export const normalPriority = '--normal-priority'

/** Whether a command reads the ledger through. */
export function isReader(command: string): boolean {
  return readers.has(command)
}

/** Lowers the priority of this process, when that is right for a command line. */
export function giveWay(args: readonly string[]): void {
  const [command = ''] = args.filter((arg) => !arg.startsWith('-'))
  if (!isReader(command) || args.includes(normalPriority)) return
  for (const thread of threads()) {
    try {
      setPriority(thread, constants.priority.PRIORITY_LOW)
    } catch {
      // It ended meanwhile, or the system does not allow it: then the command is as fast as others.
    }
  }
}

/**
 * On Linux each thread has a priority of its own, and some (of V8) are there before any of our code
 * runs; later ones begin with that of the thread that made them. Elsewhere 0, the process.
 */
function threads(): number[] {
  try {
    return readdirSync('/proc/self/task').map(Number)
  } catch {
    return [0]
  }
}
