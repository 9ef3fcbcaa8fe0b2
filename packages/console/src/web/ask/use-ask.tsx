// The hook that pages ask with: it aborts what nobody waits for, keeps what was shown while the
// next answer comes, tries again what another try may have answered, and refreshes.
import { useCallback, useEffect, useRef, useState } from 'react'
import type { Problem } from '../../api/problem.ts'
import { isAway, isPassing, type Params, apiUrl } from '../io/request.ts'
import { ask, keptAnswer } from './ask.tsx'
import { onReturn } from './connection.tsx'

const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 30_000

export interface Asked<T> {
  readonly data: T | undefined
  /** Why the last try failed. Beside it, `data` may hold what was loaded before. */
  readonly problem: Problem | undefined
  readonly isLoading: boolean
  /** `data` answers an earlier question. */
  readonly isStale: boolean
  /** When `data` was loaded, Unix milliseconds. */
  readonly at: number | undefined
  readonly reload: () => void
}

interface Options {
  /** Asks again so often, while the page is seen. */
  readonly everyMs?: number | undefined
}

interface Held<T> {
  /** The question that is asked, and the one that `data` answers. */
  readonly url: string
  readonly dataUrl?: string
  readonly data?: T
  readonly at?: number
  readonly problem?: Problem | undefined
  readonly isLoading: boolean
}

/** `path` null asks nothing. */
export function useAsk<T>(
  path: string | null,
  params: Params = {},
  { everyMs }: Options = {},
): Asked<T> {
  const url = path === null ? '' : apiUrl(path, params)
  const [held, setHeld] = useState<Held<T>>(() => fromKept(url))
  const [turn, setTurn] = useState(0)
  const question = useRef({ path, params })
  question.current = { path, params }

  useEffect(() => {
    if (url === '') return
    setHeld((now) => (now.url === url ? { ...now, isLoading: true } : startOf(url, now)))
    return askUntilAnswered<T>(
      () => question.current,
      everyMs,
      (next) =>
        setHeld((now) => ({
          ...now,
          ...next,
          ...(next.data === undefined ? {} : { dataUrl: url }),
        })),
    )
  }, [url, turn, everyMs])

  const reload = useCallback(() => setTurn((count) => count + 1), [])
  const { data, at } = held
  const isNew = held.url !== url
  const isStale = data !== undefined && held.dataUrl !== url
  const problem = isNew ? undefined : held.problem
  return { data, problem, at, isStale, reload, isLoading: isNew || held.isLoading }
}

function fromKept<T>(url: string): Held<T> {
  const found = keptAnswer(url)
  const known = found && { data: found.data as T, at: found.at, dataUrl: url }
  return { url, ...known, isLoading: url !== '' }
}

/** The answer that is kept, else what was shown before. */
function startOf<T>(url: string, before: Held<T>): Held<T> {
  const found = fromKept<T>(url)
  return found.data === undefined ? { ...before, url, problem: undefined, isLoading: true } : found
}

type Change<T> = Partial<Omit<Held<T>, 'url' | 'dataUrl'>>

function askUntilAnswered<T>(
  question: () => { readonly path: string | null; readonly params: Params },
  everyMs: number | undefined,
  change: (next: Change<T>) => void,
): () => void {
  const ending = new AbortController()
  let waiting: (() => void) | undefined
  let retryMs = FIRST_RETRY_MS
  const { path, params } = question()

  const again = (waitMs: number): void => {
    const end = waitFor(waitMs, () => {
      waiting = undefined
      void once()
    })
    waiting = end
  }
  const once = async (): Promise<void> => {
    try {
      const { data, problem } = await ask<T>(path ?? '', params, ending.signal)
      if (ending.signal.aborted) return
      if (problem === undefined) {
        retryMs = FIRST_RETRY_MS
        change({ data, at: Date.now(), problem: undefined, isLoading: false })
        if (everyMs !== undefined) again(everyMs)
      } else {
        change({ problem, isLoading: false })
        if (isPassing(problem) || everyMs !== undefined) {
          again(Math.max(retryMs, isAway(problem) ? 0 : (everyMs ?? 0)))
          retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2)
        }
      }
    } catch {
      // It was ended: nobody waits.
    }
  }
  void once()
  return () => {
    ending.abort()
    waiting?.()
  }
}

/** Not before the page is seen; sooner, when the receiver is back. Ends with what it returns. */
function waitFor(waitMs: number, then: () => void): () => void {
  let isDue = false
  const run = (): void => {
    end()
    then()
  }
  const due = (): void => {
    isDue = true
    if (document.visibilityState !== 'hidden') run()
  }
  const onSeen = (): void => {
    if (isDue && document.visibilityState !== 'hidden') run()
  }
  const timer = setTimeout(due, waitMs)
  const endReturn = onReturn(run)
  document.addEventListener('visibilitychange', onSeen)
  const end = (): void => {
    clearTimeout(timer)
    endReturn()
    document.removeEventListener('visibilitychange', onSeen)
  }
  return end
}
