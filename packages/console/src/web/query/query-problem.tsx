// What is wrong with a query, and what was probably meant, to put it there.
import type { ReactNode } from 'react'
import type { Problem } from '../../api/problem.ts'
import { sentence, visibleText } from '../parts/visible.ts'

export function isOfQuery(problem: Problem | undefined): problem is Problem {
  return problem?.code.startsWith('QUERY_') ?? false
}

interface QueryProblemProps {
  readonly id: string
  readonly problem: Problem
  readonly text: string
  readonly onQuery: (query: string) => void
}

export function QueryProblem({ id, problem, text, onQuery }: QueryProblemProps): ReactNode {
  const { at = 0, length = 0, suggestions = [] } = problem
  return (
    <p id={id} className="query-problem" role="alert">
      <span>{sentence(problem.title)}</span>
      {suggestions.map((one) => (
        <button
          key={one}
          type="button"
          className="button plain"
          onClick={() => onQuery(text.slice(0, at) + one + text.slice(at + length))}
        >
          {visibleText(one)}
        </button>
      ))}
    </p>
  )
}
