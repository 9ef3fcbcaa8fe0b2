// A run of a verification or a comparison: the last one, or one that is started here and followed.
import { useEffect, useState } from 'react'
import type { Run } from '../../api/integrity.ts'
import type { Problem } from '../../api/problem.ts'
import { order } from '../ask/ask.tsx'
import { useAsk } from '../ask/use-ask.tsx'

const FOLLOWED_MS = 700

export interface Followed {
  readonly run: Run | null
  readonly isRunning: boolean
  readonly problem: Problem | undefined
  readonly start: (what: object) => void
}

/** `path`: where runs are begun, and each is told below it. */
export function useRun(path: string, last: Run | null, onEnd: () => void): Followed {
  const [started, setStarted] = useState<Run>()
  const [problem, setProblem] = useState<Problem>()
  const [isEnded, setEnded] = useState(false)
  const id = started?.id ?? (last?.state === 'running' ? last.id : null)
  const asked = useAsk<Run>(
    id === null || isEnded ? null : `${path}/${encodeURIComponent(id)}`,
    {},
    { everyMs: FOLLOWED_MS },
  )
  const followed = asked.data?.id === id ? asked.data : started
  const run = followed ?? last
  useEffect(() => {
    if (isEnded || followed === undefined || followed.state === 'running') return
    setEnded(true)
    onEnd()
  }, [followed, isEnded, onEnd])
  const start = async (what: object): Promise<void> => {
    const answer = await order<Run>(path, what)
    setProblem(answer.problem)
    if (answer.data === undefined) return
    setEnded(false)
    setStarted(answer.data)
  }
  return { run, isRunning: run?.state === 'running', problem, start: (what) => void start(what) }
}
