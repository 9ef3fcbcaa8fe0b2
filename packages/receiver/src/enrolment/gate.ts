// Many users or one change. A record's enrolment is the last `key` leaf before the record's own
// leaf (FORMAT.md, 3.4), so no record may be between its check and its commit while a key leaf is
// added.

/** Users run side by side; a change waits for them and holds new ones back. */
export interface Gate {
  use<T>(work: () => Promise<T>): Promise<T>
  /** Must not overlap itself, nor be called from within use(): it would wait for itself. */
  change<T>(work: () => Promise<T>): Promise<T>
}

export function createGate(): Gate {
  let users = 0
  let closed: Promise<unknown> | undefined
  let onIdle: (() => void) | undefined

  async function whenIdle(): Promise<void> {
    if (users > 0) await new Promise<void>((resolve) => (onIdle = resolve))
    onIdle = undefined
  }

  return {
    async use(work) {
      while (closed !== undefined) await closed
      users++
      try {
        return await work()
      } finally {
        users--
        if (users === 0) onIdle?.()
      }
    },
    async change(work) {
      const { promise, resolve } = Promise.withResolvers<void>()
      closed = promise
      try {
        await whenIdle()
        return await work()
      } finally {
        closed = undefined
        resolve()
      }
    },
  }
}
