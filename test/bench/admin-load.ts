// Asks the receiver's admin port all the time, as a monitor, an auditor and a person would at once.
import { setTimeout as delay } from 'node:timers/promises'

const connections = 4
const paths = [
  '/readyz',
  '/grantlog/v1/streams?limit=1000',
  '/tile/entries/000',
  '/tile/0/000',
  '/tile/1/000',
  '/checkpoint',
]
/** Between an answer and the next question: some hundred a second, not a flood. */
const pauseMs = 5

/** Begins; `stop` rejects when an answer was none. */
export function askAdmin(endpoint: string): { readonly stop: () => Promise<void> } {
  let isStopped = false
  async function askOn(first: number): Promise<void> {
    for (let at = first; !isStopped; at++) {
      const path = paths[at % paths.length]!
      const response = await fetch(`${endpoint}${path}`)
      await response.arrayBuffer()
      // A small log has no second level of tiles yet.
      if (!response.ok && path !== '/tile/1/000') throw new Error(`${path}: ${response.status}`)
      await delay(pauseMs)
    }
  }
  const asking = Promise.all(Array.from({ length: connections }, (_, first) => askOn(first)))
  asking.catch(() => undefined)
  return {
    stop: async () => {
      isStopped = true
      await asking
    },
  }
}
