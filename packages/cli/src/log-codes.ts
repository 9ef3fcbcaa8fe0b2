// Codes that `grantlog receiver` logs beside those of the receiver itself. Both are in
// LOG.md; see log-codes.test.ts.
import type { LogCode, LogEvent } from '@grantlog/receiver'

export const CLI_LOG_CODES = {
  LEDGER_CREATED: {
    levels: ['info'],
    means: 'a new log was made, with this origin and key',
    fix: 'keep the line outside this machine: with it anybody can check the log',
  },
  READY: { levels: ['info'], means: 'it takes records', fix: '' },
  STOPPING: { levels: ['info'], means: 'a signal came; what is under way is answered', fix: '' },
  STOPPED: { levels: ['info'], means: 'all is closed', fix: '' },
  DISK_FULL: {
    levels: ['error'],
    means: 'the disk is full: what is sent is refused, and comes again',
    fix: 'free space: it goes on by itself',
  },
  DISK_RECOVERED: { levels: ['info'], means: 'there is room again', fix: '' },
  CONSOLE_READY: { levels: ['info'], means: 'the page is there', fix: '' },
  CONSOLE_ENDED: {
    levels: ['warn'],
    means: 'the process of the page ended, and is started again; records are taken meanwhile',
    fix: 'see what it wrote to stderr',
  },
  RECONCILE_FAILED: {
    levels: ['error'],
    means: 'a comparison with access logs did not come to its end',
    fix: 'see `error`; run `grantlog reconcile` by hand',
  },
} as const

/** A line of `grantlog receiver`. */
export type ReceiverEvent = LogEvent<LogCode | keyof typeof CLI_LOG_CODES>
