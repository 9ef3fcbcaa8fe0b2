// Whether the receiver answers, as the last request found out, for the banner at the top.
import { useSyncExternalStore } from 'react'

export interface Connection {
  readonly isOnline: boolean
  /** When something last came, Unix milliseconds. */
  readonly lastAt: number | null
}

let connection: Connection = { isOnline: true, lastAt: null }
const listeners = new Set<() => void>()

function change(next: Connection): void {
  const isSame = next.isOnline === connection.isOnline
  connection = next
  if (!isSame) for (const listener of listeners) listener()
}

export function answered(): void {
  change({ isOnline: true, lastAt: Date.now() })
}

export function unanswered(): void {
  change({ ...connection, isOnline: false })
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useConnection(): Connection {
  return useSyncExternalStore(listen, () => connection)
}

/** When anything is answered again, or the browser has a network: no need to wait on. */
export function onReturn(listener: () => void): () => void {
  const end = listen(() => (connection.isOnline ? listener() : undefined))
  addEventListener('online', listener)
  return () => {
    end()
    removeEventListener('online', listener)
  }
}
