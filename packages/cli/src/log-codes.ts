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
  DETECT_READY: { levels: ['info'], means: 'rules look at records', fix: '' },
  DETECT_ENDED: {
    levels: ['warn'],
    means: 'the process of detection ended, and is started again; it goes on where it was',
    fix: 'see what it wrote to stderr',
  },
  DETECT_TENANT_FAILS: {
    levels: ['error'],
    means: 'detection of a tenant ended; it is begun again, where it was, and the others go on',
    fix: 'see `cause`; `grantlog verify --tenant NAME` looks at its ledger',
  },
  DETECT_UNREADABLE: {
    levels: ['error'],
    means: 'an entry of the log could not be read, and no rule has seen it; told once',
    fix: 'run `grantlog verify`',
  },
  DETECT_NOT_KEPT: {
    levels: ['error'],
    means: 'what rules remember is more than is kept: a restart begins with less',
    fix: 'shorten the windows of your correlations',
  },
  DETECTOR_THROWS: {
    levels: ['error'],
    means: 'a detector failed as a whole for an event, and missed it; told once',
    fix: 'report it; `grantlog_detect_errors_total` counts on',
  },
  RULE_NOT_IN_FORCE: {
    levels: ['error'],
    means: 'a rule cannot be used; the others are in force',
    fix: 'see `detail`; `grantlog rules test` says all that is wrong',
  },
  ALERT_CHANNEL_FAILS: {
    levels: ['error'],
    means: 'an alert channel takes nothing; its alerts wait',
    fix: 'see `reason`, and `alerts` of the configuration',
  },
  ALERT_REFUSED: {
    levels: ['error'],
    means: 'an alert channel refused an alert for good; it is not sent again',
    fix: 'see `reason`: both sides may differ in key, secret or version',
  },
  CONFIG_NOT_RELOADED: {
    levels: ['error'],
    means: 'the configuration has a fault; who may send is as before',
    fix: 'mend the file (`grantlog config check`), and send SIGHUP again',
  },
  RECONCILE_FAILED: {
    levels: ['error'],
    means: 'a comparison with access logs did not come to its end',
    fix: 'see `error`; run `grantlog reconcile` by hand',
  },
} as const

/** A line of `grantlog receiver`. */
export type ReceiverEvent = LogEvent<LogCode | keyof typeof CLI_LOG_CODES>
