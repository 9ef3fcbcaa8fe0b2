// The note of the `key` leaves that the ledger has: the origin, then a line of JSON for each kid.
// It keeps removed keys, because records that they signed are still to be forwarded.

/** The last leaf of a key. */
export interface Noted {
  /** The enrolment, in JCS. */
  readonly content: string
  /** The key is no longer in enrolled.json. */
  readonly removed: boolean
}

/** By kid. Another ledger's note says nothing about this one; nor does a line that is none. */
export function readNote(text: string | undefined, origin: string): Map<string, Noted> {
  const [first, ...lines] = text?.trimEnd().split('\n') ?? []
  if (first !== origin) return new Map()
  return new Map(lines.flatMap((line) => readLine(line)))
}

export function writeNote(notes: ReadonlyMap<string, Noted>, origin: string): string {
  const lines = Array.from(notes, ([kid, { content, removed }]) =>
    JSON.stringify([kid, removed, content]),
  )
  return [origin, ...lines, ''].join('\n')
}

/** A leaf that is forgotten is written once more, which is harmless. */
function readLine(line: string): [string, Noted][] {
  try {
    const [kid, removed, content] = JSON.parse(line) as [string, boolean, string]
    return [[kid, { content, removed }]]
  } catch {
    return []
  }
}
