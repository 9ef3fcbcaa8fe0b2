// The address of a page holds its state: the query and what else it shows.
import { useCallback } from 'react'
import { useSearchParams } from 'wouter'

export interface PlaceState {
  readonly get: (name: string) => string | null
  /** Null removes. A change of the query is a step that Back undoes; `replace` makes none. */
  readonly set: (changes: Readonly<Record<string, string | null>>, replace?: boolean) => void
}

export function usePlace(): PlaceState {
  const [params, setParams] = useSearchParams()
  const get = useCallback((name: string) => params.get(name), [params])
  const set = useCallback(
    (changes: Readonly<Record<string, string | null>>, replace = false) => {
      setParams(
        (now) => {
          const next = new URLSearchParams(now)
          for (const [name, value] of Object.entries(changes)) {
            if (value === null) next.delete(name)
            else next.set(name, value)
          }
          return next
        },
        { replace },
      )
    },
    [setParams],
  )
  return { get, set }
}

export function recordsPath(query: string): string {
  return query === '' ? '/records' : `/records?q=${encodeURIComponent(query)}`
}

/** Always with its query: without one, the overview shows the last day. */
export function overviewPath(query: string): string {
  return `/?q=${encodeURIComponent(query)}`
}
