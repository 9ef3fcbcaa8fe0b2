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
import { guaranteeFor, hasGuarantees, pathOf, type Policy } from '@grantlog/record'
import { SdkError } from '../../codes.ts'
import type { Config } from '../../config.ts'
import type { Begin, NumberAction } from '../../event.ts'
import { fence, fenced } from '../fence.ts'
import type { Exchanged, Hold, Scopes } from '../scopes.ts'
import { createDeadlines } from './deadlines.ts'
import { canHold, type HeldResponse, holdResponse } from './held-response.ts'
import { createVerdicts, type VerdictOptions } from './verdicts.ts'

export interface HoldingOptions extends VerdictOptions {
  readonly config: Pick<Config, 'policy' | 'blockingTimeoutMs'>
  readonly scopes: Scopes
}

export interface Holding {
  readonly waiting: () => number
  /** Ends all waits now: what is not safe yet will not be. */
  readonly end: () => void
  /** Ends all waits and holds no more. */
  readonly disable: () => void
}

const startChannel = 'http.server.request.start'

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
  const { config, scopes, notify, onError } = options
  const deadlines = createDeadlines(config.blockingTimeoutMs)
  const decideUnsafe = createVerdicts(options)
  let isEnabled = true
  let asked: { readonly policy: Policy; readonly hasAny: boolean } | undefined

  /** Mostly a policy has no guarantee at all, and requests need not be looked at. */
  function hasAny(policy: Policy): boolean {
    if (asked?.policy !== policy) asked = { policy, hasAny: hasGuarantees(policy) }
    return asked.hasAny
  }

  function start(exchanged: Exchanged): void {
    const policy = config.policy.now
    if (!hasAny(policy)) return
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
      try {
        if (error === null) held.release()
        else decideUnsafe({ ...exchanged, hold, held }, error)
      } catch (failure) {
        exchanged.response.destroy()
        fence(() => onError(failure), ignore)
      }
    }
    try {
      if (scopes.served(exchanged.request)?.hold !== hold) throw new SdkError('HOOK_FAILED')
      scopes.ready(exchanged)
      hold.isOpen = false
      if (hold.tickets.length === 0 || !isEnabled) decide(null)
      else deadlines.wait(hold, decide)
    } catch (error) {
      fence(() => onError(error), ignore)
      decide(error)
    }
  }

  const onStart = fenced<unknown>((message) => start(message as Exchanged), onError)
  subscribe(startChannel, onStart)
  return {
    waiting: deadlines.waiting,
    end: deadlines.end,
    disable: () => {
      isEnabled = false
      unsubscribe(startChannel, onStart)
      deadlines.end()
    },
  }
}

/** Nothing is left to tell. */
function ignore(): void {}
