// What all transports share: from a request that may be OAuth's to its one record. Within a call
// of a client library, which makes the record itself, the exchange is only added to the call.
import type { RoleClaims } from '../claims.ts'
import { exchangesMax } from '../../limits.ts'
import type { Calls } from '../client-call/call.ts'
import { exchangeFacts } from '../client-call/facts.ts'
import { fence, type OnHookError } from '../fence.ts'
import type { ClientCall, Scopes } from '../scopes.ts'
import type { Members } from '../unknown.ts'
import { classify } from './classify.ts'

/** A request as its transport sends it. */
export interface Sent {
  readonly library: 'fetch' | 'undici' | 'node:http'
  readonly method: string
  readonly url: URL
  /** null: no form that may be OAuth's. A promise: it is being read. */
  readonly form: URLSearchParams | null | Promise<URLSearchParams | null>
  readonly authorization: string | null
}

/** The rest of an exchange. Nothing here throws. */
export interface Watched {
  /** The head of the answer is there. Whether its body is wanted: then `ended` must follow. */
  readonly answered: (status: number) => boolean
  /** null: the body was not read, or not to its end. */
  readonly ended: (answer: Members | null) => void
  /** No answer, or not all of it. */
  readonly failed: (error: unknown) => void
  /** It was not sent at all. */
  readonly dropped: () => void
}

export interface Watch {
  /** Whether requests that are no forms are of interest, too. */
  readonly isCalling: () => boolean
  /** null: nobody needs to know how it ends. */
  readonly begin: (sent: Sent) => Watched | null
  /** Whether a request of OAuth was seen. */
  readonly hasSeen: () => boolean
}

export function createWatch({
  scopes,
  calls,
  roleClaims,
  onError,
}: {
  readonly scopes: Scopes
  readonly calls: Calls
  readonly roleClaims: RoleClaims
  readonly onError: OnHookError
}): Watch {
  let hasSeen = false

  function begin(sent: Sent): Watched | null {
    const call = scopes.calling()
    if (call !== undefined) return withinCall(sent, call)
    const asking = scopes.asking()
    const action = (sent.form === null && asking?.actionOf(sent.method, sent.url)) || null
    if (sent.form === null && action === null) return null
    const library = asking?.library ?? sent.library
    return fence(() => fenced(alone(sent, library, action), onError), onError)
  }

  /** `asked`: its action, where it is known without a form. */
  function alone(sent: Sent, library: string, asked: string | null): Watched {
    const open = calls.open()
    let status: number | null = null

    function finish(read: URLSearchParams | null, answer: Members | null, error: unknown): void {
      const action = asked ?? (read && classify({ form: read, url: sent.url, status, answer }))
      if (action === null) {
        open.drop()
        return
      }
      hasSeen = true
      const exchange = { ...sent, form: read ?? new URLSearchParams(), status, error }
      open.end(action, () => exchangeFacts({ action, library, exchange, answer, roleClaims }))
    }

    function close(answer: Members | null, error: unknown): void {
      const { form } = sent
      if (form instanceof Promise) {
        void form.then((read) => finish(read, answer, error)).catch(onError)
      } else finish(form, answer, error)
    }

    return {
      answered: (code) => {
        status = code
        return true
      },
      ended: (answer) => close(answer, null),
      failed: (error) => close(null, error ?? 'unknown'),
      dropped: open.drop,
    }
  }

  const isCalling = (): boolean => scopes.calling() !== undefined || scopes.asking() !== undefined
  return { isCalling, begin, hasSeen: () => hasSeen }
}

/** What a hook of ours throws must reach no transport. */
function fenced({ answered, ended, failed, dropped }: Watched, onError: OnHookError): Watched {
  return {
    answered: (status) => fence(() => answered(status), onError) ?? false,
    ended: (answer) => void fence(() => ended(answer), onError),
    failed: (error) => void fence(() => failed(error), onError),
    dropped: () => void fence(dropped, onError),
  }
}

function withinCall(sent: Sent, { exchanges }: ClientCall): Watched {
  let isAdded = false
  const add = (status: number | null, error: unknown): void => {
    if (isAdded) return
    isAdded = true
    // A body that is still being read is one that no client library sends.
    const form = sent.form instanceof Promise ? null : sent.form
    exchanges.push({ ...sent, form, status, error })
    if (exchanges.length > exchangesMax) exchanges.shift()
  }
  return {
    answered: (status) => {
      add(status, null)
      return false
    },
    ended: () => undefined,
    failed: (error) => add(null, error),
    dropped: () => undefined,
  }
}
