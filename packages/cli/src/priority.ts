// Commands that read the ledger through give way to whoever else needs the processor: a receiver on
// the same machine has senders that wait for its acknowledgements. See test/priority.test.ts, and
// `npm run bench -- ack` for what it brings.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { constants, setPriority } from 'node:os'

const readers: ReadonlySet<string> = new Set([
  'console',
  'detect',
  'export',
  'forward',
  'index',
  'lineage',
  'mend',
  'reconcile',
  'replay',
  'scopes',
  'search',
  'sessions',
  'show',
  'tail',
  'tokens',
  'verify',
])

export const normalPriority = '--normal-priority'

/** Milliseconds for the system's own program, which takes some. */
const patienceMs = 2_000

/** Whether a command reads the ledger through. */
export function isReader(command: string): boolean {
  return readers.has(command)
}

/** Lowers the priority of this process, when that is right for a command line. */
export function giveWay(args: readonly string[], env: NodeJS.ProcessEnv = process.env): void {
  const [command = ''] = args.filter((arg) => !arg.startsWith('-'))
  if (!isReader(command) || args.includes(normalPriority)) return
  if (env.GRANTLOG_PRIORITY === 'normal' || isMadeIdle()) return
  for (const thread of threads()) {
    try {
      setPriority(thread, constants.priority.PRIORITY_LOW)
    } catch {
      // It ended meanwhile, or the system does not allow it: then the command is as fast as others.
    }
  }
}

/**
 * SCHED_IDLE (sched(7)) makes whoever wakes up go first at once, which the lowest priority of the
 * usual policy does not. Node cannot ask for it; `chrt` of util-linux can, for every thread.
 */
function isMadeIdle(): boolean {
  if (process.platform !== 'linux') return false
  const args = ['--all-tasks', '--idle', '--pid', '0', String(process.pid)]
  return spawnSync('chrt', args, { stdio: 'ignore', timeout: patienceMs }).status === 0
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
