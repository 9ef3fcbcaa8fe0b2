// What the numbers of the pipeline come to, in a sentence. See verdict.test.ts.
import type { Health } from '../../api/health.ts'
import { countOf, countText } from '../parts/numbers.ts'

export interface Verdict {
  readonly tone: 'good' | 'denied' | 'failure'
  readonly text: string
}

/** Received, and neither stored nor known before nor refused: being worked on, else lost. */
export function unaccountedOf({ received, committed, duplicates, refused }: Health): number {
  return received - committed - duplicates - sumOf(refused)
}

export function sumOf(counts: Health['refused']): number {
  return counts.reduce((sum, { count }) => sum + count, 0)
}

/** The worst first. */
export function verdictOf(health: Health): Verdict {
  const { receiver, ready, sinks, size, published, disk, index } = health
  if (!receiver) {
    return { tone: 'denied', text: 'No receiver is running: this ledger is read, nobody writes it' }
  }
  if (!ready) return { tone: 'failure', text: 'The receiver is up, but takes nothing' }
  if (disk !== null && disk.level !== 'ok')
    return { tone: 'failure', text: 'The disk is filling up' }
  const failing = sinks.filter(({ state }) => state === 'failing').map(({ name }) => name)
  if (failing.length > 0) {
    return { tone: 'failure', text: `Stored and safe, but not taken by ${failing.join(', ')}` }
  }
  const late = sinks.filter(({ state }) => state === 'behind')
  if (late.length > 0) {
    const lag = Math.max(...late.map(({ lagFrames }) => lagFrames))
    const names = late.map(({ name }) => name).join(', ')
    return { tone: 'denied', text: `Stored and safe; ${names} ${countOf(lag, 'commit')} behind` }
  }
  if (index.behind > 0) {
    return {
      tone: 'denied',
      text: `Stored; ${countOf(index.behind, 'commit')} to be indexed`,
    }
  }
  const unsealed = size - published
  const sealing = unsealed > 0 ? `; ${countText(unsealed)} wait for the next checkpoint` : ''
  return { tone: 'good', text: `All that came is stored and handed on${sealing}` }
}
