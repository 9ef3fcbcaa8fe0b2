// What becomes of a response whose records are not safe.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { SdkError } from '../../codes.ts'
import type { NumberAction, SafeTicket } from '../../event.ts'
import type { WithheldFacts } from '../../facts.ts'
import { messageOf, type Notify } from '../../notice.ts'
import { startStopwatch } from '../clock.ts'
import { fence, type OnHookError } from '../fence.ts'
import type { Hold } from '../scopes.ts'
import type { HeldResponse } from './held-response.ts'
import { withheldResponse } from './withheld.ts'

export interface VerdictOptions {
  readonly number: NumberAction
  readonly notify: Notify
  readonly onError: OnHookError
}

/** A response and all that is known of it when its records turn out not to be safe. */
export interface Unsafe {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly hold: Hold
  readonly held: HeldResponse
}

const action = 'audit.response.withheld'

/** Returns what decides: `error` tells why they are not safe. */
export function createVerdicts(options: VerdictOptions): (unsafe: Unsafe, error: unknown) => void {
  const { notify, onError } = options
  const counts = { withheld: 0, lowered: 0 }

  function withhold({ request, response, hold, held }: Unsafe, error: unknown): void {
    const isGone = response.destroyed || response.socket?.destroyed === true
    held.replace(withheldResponse(request.method ?? '', Date.now()))
    notify('RESPONSE_WITHHELD', `${++counts.withheld} so far: ${reasonOf(error)}`)
    const facts = { kind: 'withheld', action, status: isGone ? null : 503, cause: codeOf(error) }
    for (const ticket of hold.tickets) {
      fence(() => tellBelow(ticket, facts as WithheldFacts), onError)
    }
  }

  /** Below the record of what was done; of one that was lost there is nothing to add to. */
  function tellBelow(ticket: SafeTicket, facts: WithheldFacts): void {
    const parent = ticket.span()
    if (parent === null) return
    const { startTimeUnixNano, stop } = startStopwatch()
    const occurrence = { startTimeUnixNano, endTimeUnixNano: stop(), parent }
    options.number(action, null, null).record(facts, occurrence)
  }

  return (unsafe, error) => {
    if (unsafe.hold.guarantee === 'blocking') return withhold(unsafe, error)
    unsafe.held.release()
    notify('GUARANTEE_LOWERED', `${++counts.lowered} so far: ${reasonOf(error)}`)
  }
}

function codeOf(error: unknown): string {
  return error instanceof SdkError ? error.code : '_OTHER'
}

function reasonOf(error: unknown): string {
  return `${codeOf(error)} ${messageOf(error)}`.trim()
}
