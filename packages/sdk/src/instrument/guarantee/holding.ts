// Guarantees: the response to a request that the policy asks one for waits until its records are
// safe. Only such responses are touched, and only while they wait (held-response.ts).
//
//   request          the policy is asked; its response is held
//   ready            the host sends its first byte: the records are made now, sealed and sent
//   safe             the response goes, as it is
//   not safe         `spooled`: it goes, too, and the operator is told; a disk stops no service
//                    `blocking`: it is dropped, and the client told so (withheld.ts); the record
//                    stays, with one below it that says that its response was withheld
//
// A response whose request makes no record waits for nothing. Nothing here waits for another
// request, and each wait has an end of its own: a receipt, a refusal, a deadline, or stop().
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { guaranteeFor } from '@grantlog/record'
import { SdkError } from '../../codes.ts'
import type { Config } from '../../config.ts'
import type { Begin, NumberAction, SafeTicket } from '../../event.ts'
import { spooledTimeoutMs } from '../../limits.ts'
import { messageOf, type Notify } from '../../notice.ts'
import { pathOf } from '../../path-template.ts'
import { startStopwatch } from '../clock.ts'
import { fence, fenced, type OnHookError } from '../fence.ts'
import type { Exchanged, Hold, Scopes } from '../scopes.ts'
import { canHold, type HeldResponse, holdResponse } from './held-response.ts'
import { withheldResponse } from './withheld.ts'

export interface HoldingOptions {
  readonly config: Pick<Config, 'policy' | 'blockingTimeoutMs'>
  readonly number: NumberAction
  readonly scopes: Scopes
  readonly notify: Notify
  readonly onError: OnHookError
}

export interface Holding {
  readonly waiting: () => number
  /** Ends all waits now: what is not safe yet will not be. */
  readonly end: () => void
  /** Ends all waits and holds no more. */
  readonly disable: () => void
}

const startChannel = 'http.server.request.start'
const withheld = 'audit.response.withheld'

/** For the hooks: what they record of a request is what its response waits for, if it is held. */
export function beginWithin(scopes: Scopes, number: NumberAction): Begin {
  return (action, role, request) => {
    const hold = scopes.served(request)?.hold
    if (hold?.isOpen !== true) return number(action, role, null)
    const ticket = number(action, role, hold.guarantee)
    hold.tickets.push(ticket)
    return ticket
  }
}

/** Holds from now on. Its hook must be set after the one that opens the scopes of requests. */
export function startHolding(options: HoldingOptions): Holding {
  const { scopes, notify, onError } = options
  const { policy, blockingTimeoutMs } = options.config
  const open = new Set<(error: SdkError) => void>()
  let isEnabled = true
  const counts = { withheld: 0, lowered: 0 }

  function start(exchanged: Exchanged): void {
    const { request, response } = exchanged
    const { method = '_OTHER', url = '' } = request
    const guarantee = guaranteeFor(policy, method, pathOf(url))
    if (guarantee === 'buffered') return
    if (!canHold(response)) {
      notify('RESPONSE_NOT_HELD', process.version)
      if (guarantee === 'blocking') response.destroy()
      return
    }
    const hold: Hold = { guarantee, tickets: [], isOpen: true }
    const served = scopes.served(request)
    if (served !== undefined) served.hold = hold
    const held = holdResponse(response, () => ready(exchanged, hold, held))
  }

  /** Never throws: what goes wrong is decided as the guarantee has it. */
  function ready(exchanged: Exchanged, hold: Hold, held: HeldResponse): void {
    const decide = (error: unknown): void => {
      if (error === null) held.release()
      else if (hold.guarantee === 'blocking') withhold(exchanged, hold, held, error)
      else lower(held, error)
    }
    try {
      if (scopes.served(exchanged.request)?.hold !== hold) throw new SdkError('HOOK_FAILED')
      scopes.ready(exchanged)
      hold.isOpen = false
      if (hold.tickets.length === 0 || !isEnabled) return decide(null)
      wait(hold, decide)
    } catch (error) {
      fence(
        () => onError(error),
        () => undefined,
      )
      decide(error)
    }
  }

  function wait({ guarantee, tickets }: Hold, decide: (error: unknown) => void): void {
    const isBlocking = guarantee === 'blocking'
    const timeoutMs = isBlocking ? blockingTimeoutMs : spooledTimeoutMs
    const stage = isBlocking ? 'receipted' : 'spooled'
    const end = (error: unknown): void => {
      if (!open.delete(end)) return
      clearTimeout(timer)
      decide(error)
    }
    // The connection keeps the process alive, and nobody waits without one.
    const late = new SdkError(isBlocking ? 'RESPONSE_WITHHELD' : 'GUARANTEE_LOWERED', `timeout`)
    const timer = setTimeout(end, timeoutMs, late).unref()
    open.add(end)
    Promise.all(tickets.map((ticket) => ticket.until(stage))).then(() => end(null), end)
  }

  function withhold(exchanged: Exchanged, hold: Hold, held: HeldResponse, error: unknown): void {
    const { request, response } = exchanged
    const isGone = response.destroyed || response.socket?.destroyed === true
    held.replace(withheldResponse(request.method ?? '', Date.now()))
    notify('RESPONSE_WITHHELD', `${++counts.withheld} so far: ${reasonOf(error)}`)
    const facts = { status: isGone ? null : 503, cause: codeOf(error) }
    for (const ticket of hold.tickets) fence(() => tellWithheld(ticket, facts), onError)
  }

  function lower(held: HeldResponse, error: unknown): void {
    held.release()
    notify('GUARANTEE_LOWERED', `${++counts.lowered} so far: ${reasonOf(error)}`)
  }

  function tellWithheld(ticket: SafeTicket, facts: { status: number | null; cause: string }): void {
    const parent = ticket.span()
    // Of a record that was lost there is nothing to add to.
    if (parent === null) return
    const { startTimeUnixNano, stop } = startStopwatch()
    const occurrence = { startTimeUnixNano, endTimeUnixNano: stop(), parent }
    options
      .number(withheld, null, null)
      .record({ kind: 'withheld', action: withheld, ...facts }, occurrence)
  }

  const onStart = fenced<unknown>((message) => start(message as Exchanged), onError)
  const end = (): void => {
    for (const one of open) one(new SdkError('RECORDS_UNSENT', 'the audit ends'))
  }
  subscribe(startChannel, onStart)
  return {
    waiting: () => open.size,
    end,
    disable: () => {
      isEnabled = false
      unsubscribe(startChannel, onStart)
      end()
    },
  }
}

function codeOf(error: unknown): string {
  return error instanceof SdkError ? error.code : '_OTHER'
}

function reasonOf(error: unknown): string {
  return `${codeOf(error)} ${messageOf(error)}`.trim()
}
