// Reading objects of which nothing is certain.

/** An object's members, each unknown until checked. */
export type Members = Readonly<Record<string, unknown>>

/** The value as an object; an empty one instead of anything else. */
export function record(value: unknown): Members {
  return isObject(value) ? (value as Members) : {}
}

/** The same of functions, too: applications and routers are functions that have members. */
export function membersOf(value: unknown): Members {
  return typeof value === 'function' ? (value as unknown as Members) : record(value)
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Text that is not empty. */
export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** The texts among one or several values. */
export function texts(value: unknown): string[] {
  const found: string[] = []
  if (!Array.isArray(value)) {
    if (typeof value === 'string' && value !== '') found.push(value)
    return found
  }
  for (const one of value as unknown[]) {
    if (typeof one === 'string' && one !== '') found.push(one)
  }
  return found
}

export function integer(value: unknown): number | null {
  return Number.isSafeInteger(value) ? (value as number) : null
}

/** What `read` returns; null when a getter of somebody else throws. */
export function attempt(read: () => unknown): unknown {
  try {
    return read()
  } catch {
    return null
  }
}
