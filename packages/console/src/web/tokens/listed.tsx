// What both lists have: states to choose from with their counts, a filter, pages that follow.
import { type ReactNode, useState } from 'react'
import type { Problem as ApiProblem } from '../../api/problem.ts'
import { ask } from '../ask/ask.tsx'
import { useAsk } from '../ask/use-ask.tsx'
import { Button } from '../parts/button.tsx'
import { countText } from '../parts/numbers.ts'
import { Problem } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { usePlace } from '../query/place.tsx'
import { QueryBar } from '../query/query-bar.tsx'

export interface StateChoice {
  /** As the API has it; '' for all. */
  readonly state: string
  readonly title: string
  readonly count: number | undefined
}

interface StatesProps {
  readonly label: string
  readonly choices: readonly StateChoice[]
}

/** Counters that are also the way to what they count. */
export function States({ label, choices }: StatesProps): ReactNode {
  const { get, set } = usePlace()
  const chosen = get('state') ?? ''
  return (
    <div className="counters" role="group" aria-label={label}>
      {choices.map(({ state, title, count }) => (
        <button
          key={state}
          type="button"
          className="counter"
          aria-pressed={state === chosen}
          onClick={() => set({ state: state === '' ? null : state })}
        >
          <span className="counter-count">{count === undefined ? '–' : countText(count)}</span>
          <span className="counter-title">{title}</span>
        </button>
      ))}
    </div>
  )
}

/** A query of the search language, for what the list is made from. */
export function Filter({ problem }: { readonly problem: ApiProblem | undefined }): ReactNode {
  const { get, set } = usePlace()
  return (
    <div className="list-filter">
      <QueryBar
        query={get('q') ?? ''}
        onQuery={(q) => set({ q: q === '' ? null : q })}
        problem={problem}
        example="client:web user:alice"
      />
    </div>
  )
}

interface Listed {
  readonly next: string | null
}

export interface Paged<T extends Listed> {
  readonly asked: ReturnType<typeof useAsk<T>>
  /** All pages so far, the first included. */
  readonly pages: readonly T[]
  readonly more: ReactNode
}

/** The first page by the hook, so that it is renewed; those behind it are added by hand. */
export function usePaged<T extends Listed>(
  path: string,
  params: Readonly<Record<string, string>>,
): Paged<T> {
  const asked = useAsk<T>(path, params)
  const question = JSON.stringify([path, params])
  const [behind, setBehind] = useState<{ question: string; pages: readonly T[] }>({
    question,
    pages: [],
  })
  const [problem, setProblem] = useState<ApiProblem>()
  const [isLoading, setLoading] = useState(false)
  const added = behind.question === question ? behind.pages : []
  const pages = asked.data === undefined ? [] : [asked.data, ...added]
  const cursor = pages.at(-1)?.next ?? null
  const load = async (): Promise<void> => {
    setLoading(true)
    const answer = await ask<T>(path, { ...params, cursor })
    setLoading(false)
    setProblem(answer.problem)
    const { data } = answer
    if (data !== undefined) setBehind({ question, pages: [...added, data] })
  }
  const more =
    cursor === null ? null : (
      <div className="more">
        {problem === undefined ? null : <Problem problem={problem} />}
        <Button onPress={() => void load()} isDisabled={isLoading}>
          {isLoading ? 'Loading…' : 'Show more'}
        </Button>
      </div>
    )
  return { asked, pages, more }
}

/** What the counts do not reach. */
export function Reach({ since, cut }: { since: number; cut: boolean }): ReactNode {
  return (
    <p className="note">
      Of what was received since <Time ms={since} />
      {cut ? ': there was more than can be counted, and older ones are not among them.' : '.'}
    </p>
  )
}
