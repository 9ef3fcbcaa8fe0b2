// A choice of the reader's that outlives the visit, kept in the browser. Where storage is off, it
// lasts as long as the page.
import { useSyncExternalStore } from 'react'

export interface Stored<T> {
  readonly read: () => T
  readonly write: (value: T) => void
  /** In a component: the value now, and again when it changes, in this tab or another. */
  readonly use: () => T
}

const listeners = new Map<string, Set<() => void>>()

function tell(key: string): void {
  for (const listener of listeners.get(key) ?? []) listener()
}

if (typeof addEventListener === 'function') {
  addEventListener('storage', ({ key }: { key?: string | null } & object) => {
    if (typeof key === 'string') tell(key)
  })
}

/** `parse` is given what was stored, by whatever version of the page; it never throws. */
export function stored<T>(name: string, parse: (value: unknown) => T): Stored<T> {
  const key = `grantlog.${name}`
  let text: string | null | undefined
  let value = parse(undefined)
  const read = (): T => {
    const found = textOf(key, text)
    if (found !== text) {
      text = found
      value = parse(jsonOf(found))
    }
    return value
  }
  const write = (next: T): void => {
    text = JSON.stringify(next)
    value = next
    keep(key, text)
    tell(key)
  }
  const use = (): T => useSyncExternalStore((listener) => listen(key, listener), read)
  return { read, write, use }
}

function listen(key: string, listener: () => void): () => void {
  const set = listeners.get(key) ?? new Set()
  listeners.set(key, set.add(listener))
  return () => set.delete(listener)
}

function textOf(key: string, otherwise: string | null | undefined): string | null | undefined {
  try {
    return localStorage.getItem(key)
  } catch {
    return otherwise ?? null
  }
}

function keep(key: string, text: string): void {
  try {
    localStorage.setItem(key, text)
  } catch {
    // Full, or switched off.
  }
}

function jsonOf(text: string | null | undefined): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}

export function oneOf<T extends string>(...choices: readonly [T, ...T[]]): (value: unknown) => T {
  return (value) => choices.find((choice) => choice === value) ?? choices[0]
}
