// Faults of system calls: strace makes chosen calls of a real process fail, or kills it there.
// The tracer is a grandchild (-D), so that the process is still our child and has its own exit
// code. One thread in libuv's pool, because strace counts calls by thread.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Launch } from './receiver-process.ts'

export interface Injection {
  /** System calls by name, joined by commas. */
  readonly calls: string
  readonly error?: 'EIO' | 'ENOSPC'
  readonly signal?: 'KILL'
  /** It begins only so much later: a disk that hangs. */
  readonly delayMs?: number
  /** Which of these calls: `3`, `3..9`, `5+5`; default all. */
  readonly when?: string
  /** Only calls on these files. */
  readonly paths?: readonly string[]
}

export interface Strace {
  readonly launch: Launch
  /** The calls that were made to fail so far. */
  injected(): string[]
  /**
   * Throws when a file was synced again after a sync of it had failed, in the same process. Not of
   * SQLite's files: when it rolls back it writes their pages anew before it syncs them again.
   */
  requireNoRetriedSync(): void
}

/** `pwritev` also syncs, where a journal's frames are written. */
const syncs = /^\d+ +(fsync|fdatasync|pwritev)\(\d+<([^>]*)>/

/** Why it cannot be used here; null: it can. */
export function noStrace(): string | null {
  if (process.platform !== 'linux') return 'there is no strace on this system'
  const found = spawnSync('strace', ['-D', '-f', '-o', '/dev/null', 'true'])
  if (found.error !== undefined) return 'strace is not installed'
  return found.status === 0 ? null : 'strace may not trace here'
}

/** A start under strace, whose log is written to `log`. */
export function strace(injection: Injection, log: string): Strace {
  const { calls, delayMs, error, paths = [], signal, when } = injection
  const effects = [
    ...(error === undefined ? [] : [`error=${error}`]),
    ...(delayMs === undefined ? [] : [`delay_enter=${delayMs * 1_000}`]),
    ...(signal === undefined ? [] : [`signal=${signal}`]),
    ...(when === undefined ? [] : [`when=${when}`]),
  ]
  // Also those that are not made to fail are looked at: see requireNoRetriedSync.
  const traced = [...new Set([...calls.split(','), 'fsync', 'fdatasync'])].join(',')
  const inject = `inject=${calls}:${effects.join(':')}`
  const only = paths.flatMap((path) => ['-P', path])
  // Faster, but a process that is stopped by seccomp does not get the signal (strace 6.1).
  const fast = signal === undefined ? ['--seccomp-bpf'] : []
  const flags = ['-D', '-f', ...fast, '-y', '-q', '-q', '-o', log, ...only]
  const read = (): string[] => readFileSync(log, 'utf8').split('\n')
  return {
    launch: {
      prefix: ['strace', ...flags, '-e', `trace=${traced}`, '-e', inject],
      env: { UV_THREADPOOL_SIZE: '1' },
    },
    injected: () => read().filter((line) => line.includes('(INJECTED)')),
    requireNoRetriedSync() {
      const failed = new Set<string>()
      for (const line of read()) {
        const [, call, path] = syncs.exec(line) ?? []
        if (path === undefined || /\.db(-journal)?$/.test(path)) continue
        if (failed.has(path)) throw new Error(`${path} was synced again: ${line}`)
        // A write that finds no space is undone, which is a sync, too.
        const isUndone = call === 'pwritev' && line.includes('ENOSPC')
        if (line.includes('(INJECTED)') && !isUndone) failed.add(path)
      }
    },
  }
}
