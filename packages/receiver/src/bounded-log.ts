// The log, with a bound on what others can make it say: so many lines of a code and a sender in a
// minute, then one that says how many were left out. Senders are enrolled keys, or `unknown`, so
// there are few. See bounded-log.test.ts.
import type { Log, LogEvent } from './flow.ts'
import { LOG_LINES_PER_MINUTE, LOG_WINDOW_MS } from './limits.ts'

export interface BoundedLog {
  readonly log: Log
  /** Lines left out so far. */
  readonly suppressed: number
  /** Tells what was left out in minutes that are over; with `all`, in those that run, too. */
  look(all?: boolean): void
}

interface Window {
  readonly code: string
  readonly sender: string | undefined
  readonly since: number
  lines: number
  suppressed: number
}

/** `uptimeMs` never goes back. */
export function boundLog(log: Log, uptimeMs: () => number): BoundedLog {
  const windows = new Map<string, Window>()
  let suppressed = 0

  function end(name: string, { code: of, sender, suppressed: lines }: Window): void {
    windows.delete(name)
    if (lines === 0) return
    const who = sender === undefined ? {} : { sender }
    log({ code: 'LOG_SUPPRESSED', level: 'warn', of, ...who, lines })
  }

  function windowOf(event: LogEvent): Window {
    const sender = senderOf(event)
    const name = `${event.code} ${String(event.tenant ?? '')} ${sender ?? ''}`
    const open = windows.get(name)
    if (open !== undefined && uptimeMs() - open.since < LOG_WINDOW_MS) return open
    if (open !== undefined) end(name, open)
    const window = { code: event.code, sender, since: uptimeMs(), lines: 0, suppressed: 0 }
    windows.set(name, window)
    return window
  }

  return {
    get suppressed() {
      return suppressed
    },
    log(event) {
      const window = windowOf(event)
      if (window.lines < LOG_LINES_PER_MINUTE) {
        window.lines++
        log(event)
        return
      }
      window.suppressed++
      suppressed++
    },
    look(all = false) {
      for (const [name, window] of windows) {
        if (all || uptimeMs() - window.since >= LOG_WINDOW_MS) end(name, window)
      }
    },
  }
}

function senderOf({ kid, sender = kid }: LogEvent): string | undefined {
  return typeof sender === 'string' ? sender : undefined
}
