// Records by pages: the first as every other question, further ones behind it on demand.
import { useCallback, useEffect, useRef, useState } from 'react'
import type { Problem } from '../../api/problem.ts'
import type { Page, Row } from '../../api/records.ts'
import { ask } from '../ask/ask.tsx'
import { type Asked, useAsk } from '../ask/use-ask.tsx'
import type { Params } from '../io/request.ts'

const PAGE_ROWS = 100

export interface Pages {
  readonly first: Asked<Page>
  readonly rows: readonly Row[]
  readonly hasMore: boolean
  readonly isLoadingMore: boolean
  readonly problem: Problem | undefined
  readonly loadMore: () => void
}

interface Further {
  /** The first page that they follow. */
  readonly behind: Page | undefined
  readonly rows: readonly Row[]
  readonly next: string | null
  readonly isLoading: boolean
  readonly problem?: Problem | undefined
}

const nothing: Further = { behind: undefined, rows: [], next: null, isLoading: false }

export function usePages(params: Params): Pages {
  const question = { ...params, limit: PAGE_ROWS }
  const first = useAsk<Page>('records', question)
  const [further, setFurther] = useState<Further>(nothing)
  const latest = useRef({ question, first: first.data, further })
  latest.current = { question, first: first.data, further }
  const ending = useRef<AbortController>(undefined)
  useEffect(() => () => ending.current?.abort(), [first.data])

  const loadMore = useCallback(() => {
    const { question: asked, first: behind, further: known } = latest.current
    const before = known.behind === behind ? known : { ...nothing, next: behind?.next ?? null }
    if (behind === undefined || before.next === null || before.isLoading) return
    ending.current = new AbortController()
    setFurther({ ...before, behind, isLoading: true, problem: undefined })
    ask<Page>('records', { ...asked, cursor: before.next }, ending.current.signal).then(
      ({ data, problem }) =>
        setFurther(
          data === undefined
            ? { ...before, behind, isLoading: false, problem }
            : {
                behind,
                rows: [...before.rows, ...data.records],
                next: data.next,
                isLoading: false,
              },
        ),
      () => undefined,
    )
  }, [])

  const { data } = first
  const isBehind = further.behind === data && data !== undefined
  return {
    ...{ first, loadMore },
    rows: isBehind ? [...data.records, ...further.rows] : (data?.records ?? []),
    hasMore: (isBehind ? further.next : (data?.next ?? null)) !== null,
    isLoadingMore: isBehind && further.isLoading,
    problem: isBehind ? further.problem : undefined,
  }
}
