import { finished } from 'node:stream'

/**
 * Reads `copy`, one branch of a tee, while its owner reads or leaves the other, `main`. Stops when
 * `take` returns false. Resolves with whether it was read to its end; rejects when it breaks.
 *
 * The source of a tee is cancelled only when both branches are. An owner that cancels its branch
 * must not wait for us: as soon as it is closed, we have what we are going to get.
 */
export async function readBeside(
  copy: ReadableStream<Uint8Array>,
  main: ReadableStream<Uint8Array>,
  take: (chunk: Uint8Array) => boolean,
): Promise<boolean> {
  const reader = copy.getReader()
  let isCut = false
  const cancel = (): void => {
    isCut = true
    void reader.cancel().catch(() => undefined)
  }
  // Tells the end of a web stream without a lock on it. What is queued for us until then is read
  // within microtasks: after a turn of the event loop there is either nothing left, or no end.
  const forget = onEnd(main, () => setImmediate(cancel))
  // A stream that is none of Node's, from a polyfill: better not to read than to hold it up.
  if (forget === null) cancel()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return !isCut
      if (!take(value)) cancel()
    }
  } finally {
    forget?.()
  }
}

function onEnd(stream: ReadableStream, work: () => void): (() => void) | null {
  try {
    return finished(stream as unknown as NodeJS.ReadableStream, work)
  } catch {
    return null
  }
}
