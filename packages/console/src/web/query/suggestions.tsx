// What a query may go on with, where the caret is: from the server, and from what was asked before.
import { useEffect, useMemo, useState } from 'react'
import type { Completions } from '../../api/language.ts'
import { useAsk } from '../ask/use-ask.tsx'
import type { Suggestion } from './accepted.ts'
import { history } from './history.tsx'

const SETTLE_MS = 120
const MAX_EARLIER = 6

/** [] while `isOpen` is false. */
export function useSuggestions(text: string, caret: number, isOpen: boolean): Suggestion[] {
  const settled = useSettled(`${caret} ${text}`)
  const space = settled.indexOf(' ')
  const question = { q: settled.slice(space + 1), at: Number(settled.slice(0, space)) }
  const { data, isStale } = useAsk<Completions>(isOpen ? 'completions' : null, question)
  const earlier = history.use()
  return useMemo(() => {
    if (!isOpen) return []
    const before: Suggestion[] = earlier
      .filter((one) => one !== text && (text.trim() === '' || one.startsWith(text.trim())))
      .slice(0, MAX_EARLIER)
      .map((one) => ({
        ...{ from: 0, to: text.length, text: one, kind: 'earlier' as const },
        ...{ brief: 'Earlier query', count: null },
      }))
    const isOld = isStale || question.q !== text || question.at !== caret
    const { from = 0, to = 0, suggestions = [] } = isOld ? {} : (data ?? {})
    return [...suggestions.map((one) => ({ ...one, from, to })), ...before]
  }, [isOpen, earlier, text, caret, data, isStale, question.q, question.at])
}

function useSettled(value: string): string {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLE_MS)
    return () => clearTimeout(timer)
  }, [value])
  return settled
}
