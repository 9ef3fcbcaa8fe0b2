// One call from start to end: when, under which span, and exactly one record.
import type { Begin } from '../../event.ts'
import type { CallFacts } from '../../facts.ts'
import { startStopwatch } from '../clock.ts'
import { parentOf } from '../parent.ts'
import { countRunning, type Running } from '../running.ts'
import type { Scopes } from '../scopes.ts'

/** A call that runs. Ends once; what comes after that does nothing. */
export interface OpenCall {
  /** Numbers it and makes its record; whatever `facts` throws leaves a gap. */
  readonly end: (action: string, facts: () => CallFacts) => void
  /** It was none that is audited. */
  readonly drop: () => void
}

export interface Calls {
  readonly open: () => OpenCall
  readonly settle: Running['settle']
  /** From now on nothing is recorded. */
  readonly stop: () => void
}

export function createCalls({
  begin,
  scopes,
}: {
  readonly begin: Begin
  readonly scopes: Scopes
}): Calls {
  const running = countRunning()
  let isStopped = false

  function open(): OpenCall {
    const { startTimeUnixNano, stop } = startStopwatch()
    const parent = parentOf(undefined) ?? scopes.served()?.parent ?? null
    let isOpen = true
    running.enter()
    const close = (record: () => void): void => {
      if (!isOpen) return
      isOpen = false
      try {
        if (!isStopped) record()
      } finally {
        running.leave()
      }
    }
    return {
      drop: () => close(() => undefined),
      end: (action, facts) =>
        close(() => {
          const ticket = begin(action)
          try {
            ticket.record(facts(), { startTimeUnixNano, endTimeUnixNano: stop(), parent })
          } catch (error) {
            ticket.lose(error)
          }
        }),
    }
  }

  return {
    open,
    settle: running.settle,
    stop: () => {
      isStopped = true
    },
  }
}
