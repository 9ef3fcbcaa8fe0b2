// What requests of spans and of log records have in common when audit is split from the rest: both
// are resources with scopes, and hardly any has to be put together anew. See limits.test.ts.
import type { Work } from '../work.ts'
import { countContainer, type Counted, countField, isPauseDue, spendBytes } from './counted.ts'
import { mentionsReserved } from './pass-through.ts'
import { expectWire, wireBytes, WireCursor, WireWriter } from './wire.ts'

/** What is done with all that is not audit. */
export interface Keeping {
  /** Names that only a receiver may use are taken out. */
  readonly strip: boolean
  /** `rest` is written. */
  readonly keep: boolean
}

export interface Splitting extends Counted, Keeping {
  readonly rest: WireWriter
  /** Spans, or log records, that are audit. */
  audit: number
  /** Those that pass through. */
  passThrough: number
}

/** Of nothing yet. */
export function newSplitting<L extends Counted['limits']>(
  limits: L,
  keeping: Keeping,
): Splitting & { readonly limits: L } {
  const rest = new WireWriter()
  return { ...keeping, audit: 0, containers: 0, fields: 0, passThrough: 0, spent: 0, limits, rest }
}

/** How the resources of a signal are split. */
export interface SplittingOf<S extends Splitting> {
  readonly begin: (keeping: Keeping) => S
  /** For errors: what field 1 of the request is. */
  readonly what: string
  readonly splitResource: (message: Uint8Array, splitting: S) => Work<void>
}

/** `passThrough` is a request with all that is not audit; null: there is none. */
export function* splitRequest<S extends Splitting>(
  body: Uint8Array,
  way: SplittingOf<S>,
): Work<{ readonly found: S; readonly passThrough: Uint8Array | null }> {
  const found = yield* splitAll(body, way, { strip: false, keep: false })
  if (found.passThrough === 0) return { found, passThrough: null }
  const strip = mentionsReserved(body)
  // Almost every request is all audit or none: then nothing has to be put together.
  if (!strip && found.audit === 0) return { found, passThrough: body }
  yield
  const { rest } = yield* splitAll(body, way, { strip, keep: true })
  yield
  return { found, passThrough: rest.finish() }
}

function* splitAll<S extends Splitting>(
  body: Uint8Array,
  { begin, splitResource, what }: SplittingOf<S>,
  keeping: Keeping,
): Work<S> {
  const splitting = begin(keeping)
  const field = new WireCursor(body)
  while (field.next()) {
    countField(splitting)
    if (isPauseDue(splitting)) yield
    if (field.number !== 1) continue
    expectWire(field, wireBytes, what)
    countContainer(splitting)
    yield* splitResource(field.bytes, splitting)
  }
  return splitting
}

/** Writes what is left of a resource, if anything passes through since `before`. */
export function keepResource(rest: WireWriter, before: number, splitting: Splitting): void {
  if (!splitting.keep || splitting.passThrough === before) return
  const kept = rest.finish()
  splitting.rest.bytes(1, kept)
  spendBytes(splitting, kept.length)
}
