// Watches the room on the disks of the data folder, so that somebody is told before they are full.
// A full disk itself stops nothing for good: what cannot be made durable is answered 503, and taken
// when there is room again. See disk.test.ts, and test/crash/full-disk.test.ts for a real one.
import type { Log } from './flow.ts'
import type { Space } from './io/space.ts'
import { DISK_AMPLE_BYTES, DISK_LOW_PERCENT, DISK_VERY_LOW_PERCENT } from './limits.ts'

/** `low` and `very low` are told; JSON of /readyz. */
export interface DiskStatus extends Space {
  readonly level: 'ok' | 'low' | 'very low'
}

export interface DiskOptions {
  readonly folders: readonly string[]
  readonly spaceOf: (folder: string) => Promise<Space>
  readonly log: Log
}

export interface DiskWatch {
  /** Of the fullest disk at the last look; null before the first. */
  readonly status: DiskStatus | null
  /** Looks again. Never rejects. */
  look(): Promise<void>
}

export function watchDisk({ folders, log, spaceOf }: DiskOptions): DiskWatch {
  let status: DiskStatus | null = null
  return {
    get status() {
      return status
    },
    async look() {
      try {
        const spaces = await Promise.all(folders.map(spaceOf))
        const fullest = spaces.reduce((a, b) => (b.usedPercent > a.usedPercent ? b : a))
        const before = status?.level ?? 'ok'
        status = { ...fullest, level: levelOf(fullest) }
        if (status.level !== before) tell(status, log)
      } catch (error) {
        log({ code: 'DISK_UNKNOWN', level: 'warn', detail: String(error) })
      }
    },
  }
}

/** Percents alone would call a disk low that has room for days. */
export function levelOf({ freeBytes, usedPercent }: Space): DiskStatus['level'] {
  if (freeBytes >= DISK_AMPLE_BYTES || usedPercent < DISK_LOW_PERCENT) return 'ok'
  return usedPercent < DISK_VERY_LOW_PERCENT ? 'low' : 'very low'
}

function tell({ freeBytes, level, usedPercent }: DiskStatus, log: Log): void {
  const details = { usedPercent, freeBytes }
  if (level === 'ok') log({ code: 'DISK_OK', level: 'info', ...details })
  else log({ code: 'DISK_LOW', level: level === 'low' ? 'warn' : 'error', ...details })
}
