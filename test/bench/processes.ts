// What processes cost, as Linux counts it: all threads of a process and of its descendants, and
// what is left on the disk.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Microseconds of CPU of a process and its descendants since they started, user and system. */
export function cpuUs(pid: number): number {
  const own = ticksIn(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return own * tickUs() + childrenOf(pid).reduce((sum, child) => sum + cpuUs(child), 0)
}

/**
 * Ticks of all threads and of the children that ended, of a line of /proc/PID/stat. The name, in
 * brackets, may hold anything.
 */
export function ticksIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // utime, stime, cutime, cstime: fields 14 to 17 of proc(5); the first here is field 3.
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
}

/**
 * Microseconds of CPU of a process that has no children, to the microsecond: ticks are too coarse
 * for a difference of some. Threads that ended are not in it; Node's stay.
 */
export function threadsUs(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`)
  return tasks.reduce((sum, task) => sum + ranUs(`/proc/${pid}/task/${task}/schedstat`), 0)
}

/** The first number is the nanoseconds that it ran. */
function ranUs(path: string): number {
  return Number(readFileSync(path, 'utf8').split(' ')[0]) / 1000
}

/** MiB of memory that the process had at most, not of its children. */
export function peakMib(pid: number): number {
  return mibOf(pid, 'VmHWM')
}

/** The same with its descendants, each at its own most. */
export function peakMibOfAll(pid: number): number {
  return childrenOf(pid).reduce((sum, child) => sum + peakMibOfAll(child), peakMib(pid))
}

/** MiB of memory that it has now. */
export function residentMib(pid: number): number {
  return mibOf(pid, 'VmRSS')
}

function mibOf(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024
}

/** Bytes of all files below a folder. What goes away meanwhile does not count, nor does ballast. */
export function folderBytes(folder: string): number {
  let bytes = 0
  for (const name of namesBelow(folder)) {
    if (/(^|\/)ballast/.test(name)) continue
    const found = statSync(join(folder, name), { throwIfNoEntry: false })
    if (found?.isFile()) bytes += found.size
  }
  return bytes
}

/** A folder that goes away while it is read makes Node give up: then all is read again. */
function namesBelow(folder: string): string[] {
  for (let tries = 0; ; tries++) {
    try {
      return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    } catch (error) {
      if (tries === namesTriesMax || (error as { code?: string }).code !== 'ENOENT') throw error
    }
  }
}

const namesTriesMax = 20

function childrenOf(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`)
  return tasks.flatMap((task) => {
    const text = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim()
    return text === '' ? [] : text.split(' ').map(Number)
  })
}

let knownTickUs = 0

function tickUs(): number {
  if (knownTickUs === 0) {
    const { stdout } = spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })
    knownTickUs = 1_000_000 / Number(stdout)
  }
  return knownTickUs
}
