import { setTimeout as wait } from 'node:timers/promises'

const pollMs = 20
const defaultPatienceMs = 20_000

/** Runs `look` until it finds something; throws after twenty seconds, or as many as there are. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined>,
  patienceMs = defaultPatienceMs,
): Promise<T> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error(`waited too long for ${what}`)
    await wait(pollMs)
  }
}
